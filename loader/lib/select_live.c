// SPDX-License-Identifier: GPL-2.0-only
/* Live sockets, once: those of a process or of another algorithm. What each had stands in the socket, in a map pinned beside the record. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "move.h"
#include "select.h"

int select_pid(const char *text, pid_t *pid, struct congctl_error *err)
{
	uint64_t n;

	if (congctl_parse_u64(text, &n) || n < 1 || n > 1 << 30)
		return congctl_fail(err, -EINVAL, "'%.32s' is not a pid: give the number of a process", text);
	*pid = n;
	return 0;
}

static int move(const struct undo_record *record, const struct congctl_selection *s, int sockets_fd, struct congctl_moved *moved,
		struct congctl_error *err)
{
	struct congctl_selection from = *s;
	char real[CONGCTL_NAME_MAX + 1];
	pid_t pid = 0;
	int ret;

	if (s->scope == CONGCTL_SCOPE_PID) {
		ret = select_pid(s->where, &pid, err);
		return ret ? ret : move_process(pid, record->name, sockets_fd, moved, err);
	}
	if (!select_name(s->where, real, NULL)) /* else sockets may still have it */
		snprintf(from.where, sizeof(from.where), "%s", real);
	return move_from(record->name, &from, sockets_fd, moved, err);
}

static size_t count_moves(const struct undo_saved *list, size_t n)
{
	size_t moves = 0;

	for (size_t i = 0; i < n; i++)
		moves += select_is_move(list[i].record.scope);
	return moves;
}

/* When there are too many, forget the moves whose sockets are gone, which takes time to ask, and then the oldest; what a move that is
 * going on needs is among the newest. */
static void forget_old(void)
{
	struct undo_saved *list;
	const char **gone;
	size_t n, kept = 0;

	if (undo_list(&list, &n)) /* the newest first */
		return;
	gone = count_moves(list, n) > UNDO_KEPT ? calloc(n + 1, sizeof(*gone)) : NULL;
	if (gone)
		select_gone(list, n, true, gone);
	for (size_t i = 0; i < n && gone; i++) {
		if (select_is_move(list[i].record.scope) && (gone[i] || ++kept > UNDO_KEPT))
			undo_drop(list[i].id);
	}
	free(gone);
	free(list);
}

int select_live(struct undo_record *record, const struct congctl_selection *s, struct congctl_moved *moved, struct congctl_error *err)
{
	struct congctl_moved back = {};
	int fd = move_record(err), ret;

	if (fd < 0)
		return fd;
	ret = undo_write(record, moved->undo, err);
	if (!ret)
		ret = undo_pin_sockets(moved->undo, fd, err);
	if (!ret)
		ret = move(record, s, fd, moved, err);
	if (ret && moved->moved && !move_undo(fd, &back, NULL))
		moved->moved -= back.moved;
	close(fd);
	if (!ret && !moved->moved) { /* nothing to undo */
		undo_drop(moved->undo);
		*moved->undo = '\0';
	}
	forget_old();
	return ret;
}

int select_live_undo(const struct undo_saved *saved, struct congctl_moved *moved, struct congctl_error *err)
{
	int fd = undo_open_sockets(saved->id), ret;
	const char *gone = NULL;

	if (fd == -ENOENT)
		return 0; /* killed before it moved any */
	if (fd < 0)
		return congctl_fail(err, fd, "cannot read which sockets %s moved: %s", saved->id, strerror(-fd));
	ret = move_undo(fd, moved, err);
	close(fd);
	if (ret || moved->moved || moved->unmoved)
		return ret;
	select_gone(saved, 1, true, &gone);
	snprintf(moved->why, sizeof(moved->why), "%s", gone ? gone : "its sockets have another algorithm by now");
	return ret;
}
