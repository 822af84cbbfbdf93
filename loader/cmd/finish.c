// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "finish.h"

struct report {
	int ret;
	char text[sizeof(((struct congctl_error *)NULL)->text)];
};

/* Read to the end; false: whoever writes it is gone before. */
static bool read_report(int fd, struct report *report)
{
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(*report)) {
		n = read(fd, (char *)report + have, sizeof(*report) - have);
		if (n > 0)
			have += n;
		else if (!n || errno != EINTR)
			return false;
	}
	return true;
}

/* the child's part */
static int work(int (*make)(void *arg, struct congctl_error *err), void *arg, int fd)
{
	struct congctl_error err = {};
	struct report report = {};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid(); /* what ends the terminal or the caller's group does not end this */
	report.ret = make(arg, &err);
	memcpy(report.text, err.text, sizeof(report.text));
	return write(fd, &report, sizeof(report)) != sizeof(report);
}

int finish(int (*make)(void *arg, struct congctl_error *err), void *arg, struct congctl_error *err)
{
	struct report report;
	int pipe_fd[2], ret;
	pid_t child;
	bool told;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return congctl_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
	child = fork();
	if (!child)
		_exit(work(make, arg, pipe_fd[1]));
	ret = child < 0 ? congctl_fail(err, -errno, "cannot start a process to make the changes: %s", strerror(errno)) : 0;
	close(pipe_fd[1]);
	told = !ret && read_report(pipe_fd[0], &report);
	close(pipe_fd[0]);
	if (ret)
		return ret;
	waitpid(child, NULL, 0);
	if (!told)
		return congctl_fail(err, -EINTR, "the process that made the changes was killed: look at what is there and try again");
	return report.ret ? congctl_fail(err, report.ret, "%s", report.text) : 0;
}
