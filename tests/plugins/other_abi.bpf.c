// SPDX-License-Identifier: GPL-2.0-only
/* Built for another version of the interface. */
#include <congctl/plugin.h>

__attribute__((visibility("default"))) const struct cc_plugin cc_plugin = {.abi = CC_PLUGIN_ABI + 1, .stem = "other_abi"};
