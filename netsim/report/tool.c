// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

extern char **environ;

/* In a process group of its own: who interrupts this program from the terminal does not make the report a lesser one. */
static int start(pid_t *pid, char *const argv[], int input, int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int ret = posix_spawn_file_actions_init(&actions);

	if (ret)
		return -ret;
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	ret = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!ret)
		ret = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

static int read_all(int fd, char **output)
{
	size_t size = 0, room = 65536;
	char *text = malloc(room);
	ssize_t n = 1;

	if (!text)
		return -ENOMEM;
	while (n) {
		if (room - size < 4096) {
			char *more = realloc(text, room *= 2);

			if (!more)
				break;
			text = more;
		}
		n = read(fd, text + size, room - size - 1);
		if (n < 0 && errno != EINTR)
			break;
		size += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	if (n) {
		free(text);
		return -EIO;
	}
	text[size] = '\0';
	*output = text;
	return 0;
}

int tool_output(char *const argv[], int input, char **output)
{
	int fds[2], ret, status = 0;
	pid_t pid;

	*output = NULL;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	ret = start(&pid, argv, input, fds[1]);
	close(fds[1]);
	if (!ret) {
		ret = read_all(fds[0], output);
		close(fds[0]); /* before the wait: a program that has more to say must not wait for a reader */
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!ret && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
			ret = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : -EIO;
	} else {
		close(fds[0]);
	}
	if (ret) {
		free(*output);
		*output = NULL;
	}
	return ret;
}
