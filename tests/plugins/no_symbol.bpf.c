// SPDX-License-Identifier: GPL-2.0-only
/* A shared object, but no plugin. */
__attribute__((visibility("default"))) int something = 1;
