// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <congctl/congctl.h>

int congctl_fail(struct congctl_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->text[0])
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

void congctl_error_clear(struct congctl_error *err)
{
	free(err->log);
	err->log = NULL;
	err->text[0] = '\0';
}
