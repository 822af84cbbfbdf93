/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * congctl.h - public API of libcongctl: register BPF congestion-control algorithms and find out about them.
 *
 * Handles are opaque. Functions return 0 or a negative errno, never print and never exit; a failure is explained in
 * struct congctl_error, one sentence with the remedy. Not thread-safe across one handle; separate handles are independent, and what takes
 * no handle may be called by several threads at once.
 */
#ifndef CONGCTL_CONGCTL_H
#define CONGCTL_CONGCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONGCTL_NAME_MAX 15                    /* TCP_CA_NAME_MAX - 1 */
#define CONGCTL_PIN_DIR "/sys/fs/bpf/congctl"

struct congctl_error {
	char text[1024]; /* one sentence, lower case, no full stop, with the remedy */
	char *log;       /* the raw verifier log if there is one, malloc'd; for -d only. Free with congctl_error_clear() */
};

/* Write the sentence and give back `code` (negative errno), so that `return congctl_fail(err, -EINVAL, "…")` reads well.
 * `err` may be NULL. The first explanation stays: a later call on a set error does not overwrite it. */
int congctl_fail(struct congctl_error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void congctl_error_clear(struct congctl_error *err);

/* --- an object file, opened and perhaps loaded -------------------------------------------------------------- */

struct congctl_object;

struct congctl_tunable {
	char name[64], type[8]; /* "u8" … "u64" */
	uint64_t value, initial, min, max;
	char unit[24], effect[32], text[160];
};

struct congctl_program {
	char op[32];             /* operation: "ssthresh", "cong_avoid" … */
	char name[64];
	uint32_t insns;          /* instructions in the object; after load, translated ones */
	uint32_t verified_insns; /* instructions the verifier walked; 0: not loaded or not told */
	uint32_t jited_bytes;
};

struct congctl_info {
	char name[CONGCTL_NAME_MAX + 1]; /* the name in the kernel: "bpf_cubic" */
	char file[256];                  /* empty when read from the kernel */
	char title[128], reference[256], status[16], kernel[16];
	bool needs_ecn, needs_pacing;
	bool non_restricted; /* its flags let unprivileged processes choose it */
	bool registered;     /* read from the kernel: the tunables' values are live */
	size_t n_tunables, n_programs;
	const struct congctl_tunable *tunables; /* valid as long as the handle */
	const struct congctl_program *programs;
};

/* A name ("cubic", "bpf_cubic") is looked up in the catalogue, see congctl_catalogue(); anything with a '/' or a '.'
 * in it is a path, FILE#NAME one algorithm of several in it. -ENOENT no such file or name; -EINVAL not an object with exactly
 * one congestion-control algorithm. */
int congctl_object_open(struct congctl_object **obj, const char *name_or_path, struct congctl_error *err);
/* Every algorithm in it, a handle each; close them and free() the array. The object is loaded once: they share its programs, its
 * maps and so its tunables, and count as one handle between threads. */
int congctl_object_open_all(struct congctl_object ***objs, size_t *n, const char *name_or_path, struct congctl_error *err);
void congctl_object_close(struct congctl_object *obj); /* NULL is fine. A link that is not pinned goes with it */
const struct congctl_info *congctl_object_info(const struct congctl_object *obj);

/* Before load. Register under another name: 1 to 15 of [A-Za-z0-9_]. */
int congctl_object_rename(struct congctl_object *obj, const char *name, struct congctl_error *err);
/* Before load. `value` is a decimal number in the tunable's range, or a quantity in its unit: 10ms, 100mbit, 64KiB, 0.7, 70%, yes.
 * -ENOENT unknown tunable, -ERANGE out of range. */
int congctl_object_set(struct congctl_object *obj, const char *tunable, const char *value, struct congctl_error *err);
/* Load into the kernel: the verifier has its say, nothing is registered. */
int congctl_object_load(struct congctl_object *obj, struct congctl_error *err);
/* Register: sockets can choose it from here on. Held by this handle until congctl_object_pin(). When the process dies, the kernel
 * unregisters it; before 6.4 the kernel does not, and the next congctl_sweep() does. */
int congctl_object_register(struct congctl_object *obj, struct congctl_error *err);
/* Pin under CONGCTL_PIN_DIR, so that it outlives the process. */
int congctl_object_pin(struct congctl_object *obj, struct congctl_error *err);
/* Take the pin back: what a command of several steps does when a later one fails. */
void congctl_object_unpin(struct congctl_object *obj);

/* --- the machine ------------------------------------------------------------------------------------------------ */

enum congctl_origin {
	CONGCTL_BUILTIN,   /* the kernel's own, e.g. cubic */
	CONGCTL_OURS,      /* registered and pinned by congctl */
	CONGCTL_FOREIGN,   /* registered through struct_ops by something else */
	CONGCTL_UNKNOWN,   /* available, but only CAP_SYS_ADMIN can tell whose it is */
	CONGCTL_CATALOGUE, /* a file that can be registered */
};

struct congctl_entry {
	char name[CONGCTL_NAME_MAX + 1];
	enum congctl_origin origin;
	char file[256];    /* the catalogue file it may come from, or empty */
	char title[128], status[16];
	uint32_t map_id;   /* struct_ops map; 0: none */
	int64_t users;     /* sockets that have it and namespaces whose default it is; -1: unknown */
	bool allowed;      /* in tcp_allowed_congestion_control: unprivileged processes may choose it */
	bool is_default;   /* of this network namespace */
};

/* Everything there is, catalogue and kernel merged by name, sorted by origin then name. Free with free(). */
int congctl_list(struct congctl_entry **entries, size_t *n, struct congctl_error *err);

/* A registered algorithm's own words, from its BTF in the kernel; the handle must be closed. "cubic" stands for "bpf_cubic" unless it is
 * one itself. -ENOENT not registered, -ENODATA the kernel's own. */
int congctl_running_open(struct congctl_object **obj, const char *name, struct congctl_error *err);

/* Take it out of the registry; sockets that have it and namespaces whose default it is keep it, and *users (may be NULL) says how many they
 * are, -1 unknown.
 * "cubic" stands for "bpf_cubic" unless it is one itself. -ENOENT not registered, -EPERM the kernel's own or no privilege. */
int congctl_unregister(const char *name, int64_t *users, struct congctl_error *err);
/* Would it? Nothing is changed; `real` is the name it has in the kernel. */
int congctl_unregister_check(const char *name, char real[CONGCTL_NAME_MAX + 1], struct congctl_error *err);
/* Does nobody hold it? -EBUSY names the first who do and the ways out. congctl_unregister() does not ask, but for a route that
 * locks it, which is -EBUSY as well: with the algorithm gone, `ip route` crashes on it. */
int congctl_check_idle(const char *name, struct congctl_error *err);

/* --- tunables of what is running ----------------------------------------------------------------------------------- */

/* Of a handle from congctl_running_open(): write it into the running algorithm, at once. `value` is understood as by
 * congctl_object_set(), and so are -ENOENT, -ERANGE, -EINVAL; -EROFS the variable is constant once it is loaded. */
int congctl_running_set(struct congctl_object *obj, const char *tunable, const char *value, struct congctl_error *err);
/* Would it? Nothing is changed; *number (may be NULL) is what the tunable would become. */
int congctl_running_check(const struct congctl_object *obj, const char *tunable, const char *value, uint64_t *number,
			  struct congctl_error *err);

#define CONGCTL_ASSIGNMENTS_MAX 256 /* no algorithm has more tunables */

struct congctl_assignment {
	const char *tunable, *value;
};

/* Several of one algorithm, all or none. */
int congctl_running_set_all(struct congctl_object *obj, const struct congctl_assignment *assignments, size_t n,
			    struct congctl_error *err);

/* --- selection: which sockets have which algorithm ------------------------------------------------------------------ */

enum congctl_scope {
	CONGCTL_SCOPE_DEFAULT, /* new connections of this network namespace */
	CONGCTL_SCOPE_NETNS,   /* … of another: a name of `ip netns`, a path or a pid */
	CONGCTL_SCOPE_CGROUP,  /* new connections, both directions, of a cgroup2 directory and its children */
	CONGCTL_SCOPE_PREFIX,  /* new connections to addresses of a prefix: the route's congctl attribute */
	CONGCTL_SCOPE_PORT,    /* new connections to or from a port */
	CONGCTL_SCOPE_PID,     /* once: the live sockets of a process */
	CONGCTL_SCOPE_FROM,    /* once: the live sockets of another algorithm */
};

struct congctl_selection {
	enum congctl_scope scope;
	char where[4096];  /* what the scope asks for, as on the command line; empty for DEFAULT */
	bool lock;         /* PREFIX: a socket may not choose otherwise */
	/* FROM, to narrow it; PREFIX: `netns` alone. Empty: this network namespace */
	char cgroup[4096], netns[256], prefix[64];
};

#define CONGCTL_UNDO_MAX 16

struct congctl_moved {
	uint64_t moved;      /* live sockets that have the algorithm now */
	uint64_t unmoved;    /* that could not be given it */
	char why[128];       /* the commonest reason; of congctl_undo() also why there was nothing to undo: what is gone */
	char undo[CONGCTL_UNDO_MAX]; /* `congctl use --undo ID` */
	char unkept[512];    /* update: tunables whose present value the new build could not be given, and why */
};

/* Give `name`, which is registered, to what the selection says. Undone as a whole on failure. -ENOENT no such algorithm or place; -EINVAL
 * not understood; -EPERM; -EACCES a restricted algorithm for a child namespace's default, which is never written (the kernel would leak a
 * reference); -ENODEV no bpf file system that keeps the record, or no cgroup2; -EBUSY another's change takes longer than 5 s. */
int congctl_use(const char *name, const struct congctl_selection *selection, struct congctl_moved *moved, struct congctl_error *err);
/* Put back what that call changed, as far as nobody has changed it since; -ENOENT no such record, -EBUSY a later call chose for the
 * same place, which has to be undone first, -ESTALE somebody else changed it since: the record is forgotten. What is gone takes its record
 * along. */
int congctl_undo(const char *id, struct congctl_moved *moved, struct congctl_error *err);

/* A standing rule, read from the kernel: defaults of namespaces, routes, pinned cgroup and port programs. */
struct congctl_rule {
	struct congctl_selection selection;
	char name[CONGCTL_NAME_MAX + 1];
	char undo[CONGCTL_UNDO_MAX]; /* empty: not made by congctl */
};

/* All of them; free() it. */
int congctl_rules(struct congctl_rule **rules, size_t *n, struct congctl_error *err);

/* What may have given a connection its algorithm, the strongest first. What an application asks for with setsockopt() after the connection
 * is established comes before all of them but a locked route, and cannot be seen. */
struct congctl_reason {
	char rule[512];  /* in words */
	char name[CONGCTL_NAME_MAX + 1];
	bool decides;    /* the first that counts: a new connection like it would get this one */
	char undo[CONGCTL_UNDO_MAX]; /* empty: not made by congctl */
};

struct congctl_explanation {
	char name[CONGCTL_NAME_MAX + 1]; /* what the connection has */
	char local[64], remote[64];      /* address and port */
	char cgroup[512];                /* empty: unknown */
	char given_by[512];              /* the rule, in words; it is the deciding one, or none of them */
	size_t n_reasons;
	struct congctl_reason reasons[32];
};

/* A live connection, "PID:FD", or "ADDRESS:PORT" of its two ends, the local one first (in this network namespace; `remote` is NULL else).
 * -ENOENT there is none, -EINVAL not understood or no TCP, -ENOTCONN not connected, -EPERM, -ENODATA the kernel does not tell its cgroup, by
 * which a rule may have chosen. */
int congctl_explain(const char *socket, const char *remote, struct congctl_explanation *why, struct congctl_error *err);

/* Who holds an algorithm: one entry per holder. Free with free(). */
enum congctl_holder_kind {
	CONGCTL_HOLDER_SOCKETS,  /* of one network namespace */
	CONGCTL_HOLDER_DEFAULT,  /* a namespace's default */
	CONGCTL_HOLDER_ROUTE,
	CONGCTL_HOLDER_CGROUP,
	CONGCTL_HOLDER_PORT,
	CONGCTL_HOLDER_OLD,      /* an earlier build that sockets still have */
};

struct congctl_holder {
	enum congctl_holder_kind kind;
	char where[256];   /* namespace, route, cgroup, port, map id */
	uint64_t sockets;  /* 0 where it does not apply */
};

int congctl_holders(const char *name, struct congctl_holder **holders, size_t *n, struct congctl_error *err);

/* --- life ------------------------------------------------------------------------------------------------------------ */

/* Swap the link of `name` to a new build, loaded from `file` (NULL: from the one that the build which runs came from), which keeps its
 * tunables' present values. New connections have it at once, those by a namespace's default too; the former build stays pinned for
 * congctl_rollback(). With `migrate`, live sockets get it as well; if that is cut short, the same call again goes on. -EBUSY: somebody else
 * swapped it meanwhile; on any failure the old one stays. What goes wrong after the swap is no failure: `why` says it. */
int congctl_update(const char *name, const char *file, bool migrate, struct congctl_moved *moved, struct congctl_error *err);
int congctl_rollback(const char *name, bool migrate, struct congctl_moved *moved, struct congctl_error *err);
/* Take over what another tool registered: pin it, so that it outlives that tool and the commands here look after it. -ENOENT not
 * registered (any more), -EALREADY it is ours, -ENODATA the kernel's own. */
int congctl_adopt(const char *name, struct congctl_error *err);

struct congctl_drain {
	const char *to;      /* the algorithm that takes over; NULL: the default of each namespace, else cubic or reno */
	unsigned int timeout_ms; /* 0: as long as it takes */
};

/* Move all who hold it elsewhere, then unregister. On failure or time-out everything is as before. */
int congctl_drain(const char *name, const struct congctl_drain *how, struct congctl_moved *moved, struct congctl_error *err);

/* --- policies -------------------------------------------------------------------------------------------------------- */

enum congctl_change_kind {
	CONGCTL_CHANGE_ADOPT,      /* what another tool registered */
	CONGCTL_CHANGE_REGISTER,
	CONGCTL_CHANGE_UPDATE,     /* another build of it is registered */
	CONGCTL_CHANGE_SET,        /* a tunable */
	CONGCTL_CHANGE_USE,        /* a selection */
	CONGCTL_CHANGE_DROP,       /* a selection that the file does not name */
	CONGCTL_CHANGE_UNREGISTER, /* an algorithm that the file does not name */
};

struct congctl_change {
	enum congctl_change_kind kind;
	char what[320];            /* "lan", "lan.beta", "prefix 10.0.0.0/8" */
	char from[256], to[256];   /* empty: nothing */
};

/* What has to change for the machine to match the policy in `file`; nothing is changed, but the objects are loaded, so that the
 * verifier has had its say, and what congctl_plan_apply() would refuse is refused here if it can be known. With `prune` what congctl
 * registered or selected and the file does not name goes. Sentences on the file begin with FILE:LINE. */
struct congctl_plan;
int congctl_plan_open(struct congctl_plan **plan, const char *file, bool prune, struct congctl_error *err);
void congctl_plan_close(struct congctl_plan *plan); /* NULL is fine */
/* In the order in which they will be made; how many. Valid as long as the plan. */
size_t congctl_plan_changes(const struct congctl_plan *plan, const struct congctl_change **changes);
/* Make them, once. All or none: when one fails, those before it are undone in reverse order; killed by SIGKILL, the process leaves what it
 * had made, so that `congctl apply` has one of its own for it. One plan at a time is carried out on a machine; -EBUSY: another takes too
 * long, or the machine has changed since the plan was made. */
int congctl_plan_apply(struct congctl_plan *plan, struct congctl_error *err);
/* The machine as a policy: what congctl registered, the tunables that are not as at the start, the standing rules. free() it. */
int congctl_save(char **yaml, struct congctl_error *err);

bool congctl_is_available(const char *name); /* in tcp_available_congestion_control */

/* Put in order what killed processes left: finish or forget a swap of builds that was cut short, and before 6.4 unregister what they held.
 * congctl_require(), congctl_list(), congctl_use(), congctl_update(), congctl_rollback() and congctl_unregister() do it too; call it where
 * congctl_is_available() decides. */
void congctl_sweep(void);

/* Can this process register algorithms? Says the first thing missing: privilege, BTF, struct_ops, bpffs (mounts it). */
int congctl_require(struct congctl_error *err);

/* The check-up: what of this machine is needed, and what is left of algorithms that are gone. free() it. Nothing is changed. */
enum congctl_verdict {
	CONGCTL_PASS,
	CONGCTL_WARN, /* some calls cannot work, or something is left behind */
	CONGCTL_FAIL, /* needed */
};

struct congctl_finding {
	enum congctl_verdict verdict;
	char what[48], found[256];
	char remedy[256]; /* empty for a pass */
};

int congctl_doctor(struct congctl_finding **findings, size_t *n, struct congctl_error *err);

/* The directory of *.bpf.o: $CONGCTL_ALGORITHMS, else algorithms/ beside the running executable, else congctl/algorithms/ or algorithms/
 * beside the shared library, else ../lib/congctl/algorithms from the executable. */
const char *congctl_catalogue(void);

#ifdef __cplusplus
}
#endif

#endif
