// SPDX-License-Identifier: GPL-2.0-only
/*
 * connections - many TCP connections of one process over the loopback of its network namespace, for tests of what is done to live ones.
 *
 *	connections [-n CONNECTIONS] [-a ACTIVE] [-C ALGORITHM] [-4 ADDRESS]
 *
 * ACTIVE of them carry data both ways all the time, every byte checked; the others are idle until the end. Both ends are sockets of
 * this process, but of two threads, each with file descriptors of its own, so that a limit of 20,000 holds 10,000 connections;
 * /proc/PID/fd has the connecting ends and the listener. It prints "ready", then one JSON line for each line on stdin, and at the end
 * of stdin a last one after every connection, the idle ones too, was read to its end. Exit code 0: no connection was reset, no byte
 * lost or changed.
 *
 *	stall_ms: the longest time an active end waited for data that is sent every 5 ms; late_ms: the longest time this process
 *	itself did not run, which is no connection's fault
 *	algorithms: how many sockets have which, the listener too
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 5
#define CHUNK 2048           /* bytes an active end sends per tick: 0.4 MB/s */
#define END_MS 10000         /* what is under way at the end arrives within this */
#define BACKLOG 64
#define NAMES_MAX 16

/* one socket; ends 2i (connecting) and 2i + 1 (accepted) are connection i */
struct end {
	int fd;
	bool reset, ended;
	uint64_t sent, received; /* bytes; each byte's value follows from the end and its offset */
	uint64_t heard_us;       /* when data came last */
};

struct names {
	struct {
		char name[16];
		size_t n;
	} at[NAMES_MAX];
	size_t n;
};

/* the ends of one direction and the thread that serves them; the other one only reads the figures */
struct side {
	size_t first;            /* 0: connecting, 1: accepted */
	int epoll, orders;       /* orders: stdin, or the eventfd by which side 0 asks side 1 */
	uint64_t stall_us, late_us, corrupted, resets;
	struct names names;      /* when last asked */
};

static struct end *ends;
static size_t n_ends, n_active;
static const char *algorithm;
static struct sockaddr_in address = {.sin_family = AF_INET};
static int listener, ask;
static volatile bool ending;
static struct side sides[2] = {{.first = 0}, {.first = 1}};
static sem_t room, accepted, answered; /* in the listener's queue; all of them; side 1 has counted its names */

static void die(const char *what)
{
	fprintf(stderr, "connections: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void fill(uint8_t *data, size_t n, size_t sender, uint64_t offset)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t x = (offset + i) * 0x9e3779b97f4a7c15ULL + sender;

		data[i] = x >> 56 ^ x >> 24;
	}
}

static void mark_reset(struct side *s, struct end *e)
{
	s->resets += !e->reset;
	e->reset = true;
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, e->fd, NULL);
}

static void send_some(struct side *s, size_t i, size_t bytes)
{
	uint8_t data[CHUNK];
	ssize_t n;

	if (ends[i].reset)
		return;
	fill(data, bytes, i, ends[i].sent);
	n = send(ends[i].fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		ends[i].sent += n;
	else if (n < 0 && errno != EAGAIN)
		mark_reset(s, &ends[i]);
}

static void receive(struct side *s, size_t i)
{
	uint8_t data[16384], wanted[sizeof(data)];
	struct end *e = &ends[i];
	ssize_t n;

	while ((n = recv(e->fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		uint64_t now = now_us();

		if (i < n_active && e->heard_us && !ending)
			s->stall_us = larger(s->stall_us, now - e->heard_us);
		e->heard_us = now;
		fill(wanted, n, i ^ 1, e->received);
		for (ssize_t k = 0; k < n; k++)
			s->corrupted += data[k] != wanted[k];
		e->received += n;
	}
	if (!n) {
		e->ended = true;
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, e->fd, NULL);
	} else if (errno != EAGAIN) {
		mark_reset(s, e);
	}
}

static void watch(const struct side *s, int fd, uint64_t key, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u64 = key};

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (algorithm && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, algorithm, strlen(algorithm)))
		die(algorithm);
	return fd;
}

static void open_ends(struct side *s)
{
	for (size_t i = s->first; i < n_ends; i += 2) {
		if (s->first) {
			ends[i].fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (ends[i].fd < 0)
				die("accept");
			sem_post(&room);
		} else {
			sem_wait(&room);
			ends[i].fd = open_socket();
			if (connect(ends[i].fd, (struct sockaddr *)&address, sizeof(address)))
				die("connect: is lo up");
		}
		watch(s, ends[i].fd, i, i < n_active ? EPOLLIN : 0);
	}
}

static void count_name(struct names *names, int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	size_t k = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		return;
	while (k < names->n && strcmp(names->at[k].name, name))
		k++;
	if (k == NAMES_MAX)
		return;
	if (k == names->n)
		memcpy(names->at[names->n++].name, name, sizeof(name));
	names->at[k].n++;
}

static void count_names(struct side *s)
{
	memset(&s->names, 0, sizeof(s->names));
	for (size_t i = s->first; i < n_ends; i += 2)
		count_name(&s->names, ends[i].fd);
	if (!s->first)
		count_name(&s->names, listener);
}

static void print_names(void)
{
	struct names all = sides[0].names;
	size_t k;

	for (size_t i = 0; i < sides[1].names.n; i++) {
		for (k = 0; k < all.n && strcmp(all.at[k].name, sides[1].names.at[i].name); k++)
			;
		if (k == NAMES_MAX)
			continue;
		if (k == all.n)
			memcpy(all.at[all.n++].name, sides[1].names.at[i].name, sizeof(all.at[k].name));
		all.at[k].n += sides[1].names.at[i].n;
	}
	printf("\"algorithms\":{");
	for (k = 0; k < all.n; k++)
		printf("%s\"%s\":%zu", k ? "," : "", all.at[k].name, all.at[k].n);
	printf("}");
}

static void report(bool last)
{
	uint64_t sent = 0, received = 0;

	for (size_t i = 0; i < n_ends; i++) {
		sent += ends[i].sent;
		received += ends[i].received;
	}
	printf("{\"connections\":%zu,\"active\":%zu,\"resets\":%llu,\"corrupted\":%llu,\"sent\":%llu,\"received\":%llu,"
	       "\"stall_ms\":%.1f,\"late_ms\":%.1f,", n_ends / 2, n_active / 2, (unsigned long long)(sides[0].resets + sides[1].resets),
	       (unsigned long long)(sides[0].corrupted + sides[1].corrupted), (unsigned long long)sent, (unsigned long long)received,
	       larger(sides[0].stall_us, sides[1].stall_us) / 1e3, larger(sides[0].late_us, sides[1].late_us) / 1e3);
	if (last)
		printf("\"lost\":%lld,", (long long)(sent - received));
	print_names();
	printf("}\n");
	fflush(stdout);
}

/* side 0: a line on stdin is a report, its end the end; side 1: it is asked for its names, or to end */
static void obey(struct side *s)
{
	char text[256];
	ssize_t n = read(s->orders, text, sizeof(text));

	if (s->first) {
		count_names(s);
		sem_post(&answered);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] != '\n')
			continue;
		eventfd_write(ask, 1);
		count_names(s);
		sem_wait(&answered);
		report(false);
	}
	if (n <= 0) {
		ending = true;
		eventfd_write(ask, 1);
	}
}

/* one round: send if it is time, wait for what happens, at most to the next tick */
static void turn(struct side *s, uint64_t *tick_us)
{
	struct epoll_event events[256];
	uint64_t now = now_us();
	int n;

	if (now >= *tick_us) {
		for (size_t i = s->first; i < n_active; i += 2)
			send_some(s, i, CHUNK);
		s->late_us = larger(s->late_us, now - *tick_us);
		*tick_us = now + TICK_MS * 1000;
	}
	now = now_us();
	n = epoll_wait(s->epoll, events, 256, now < *tick_us ? (*tick_us - now) / 1000 + 1 : 0);
	for (int k = 0; k < n; k++) {
		size_t i = events[k].data.u64;

		if (i == n_ends)
			obey(s);
		else if (i < n_active)
			receive(s, i);
		else
			mark_reset(s, &ends[i]); /* nothing else can happen to an idle one */
	}
}

/* every connection, idle ones with a first chunk, to its end */
static void end_all(struct side *s)
{
	uint64_t deadline = now_us() + END_MS * 1000ULL;
	size_t left = n_ends;

	for (size_t i = s->first; i < n_ends; i += 2) {
		if (i >= n_active)
			send_some(s, i, 64);
		shutdown(ends[i].fd, SHUT_WR);
	}
	while (left && now_us() < deadline) {
		left = 0;
		for (size_t i = s->first; i < n_ends; i += 2) {
			if (!ends[i].ended && !ends[i].reset)
				receive(s, i);
			left += !ends[i].ended && !ends[i].reset;
		}
		if (left)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static void *serve(void *arg)
{
	struct side *s = arg;
	uint64_t tick_us;

	if (s->first && unshare(CLONE_FILES))
		die("unshare");
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		die("epoll_create1");
	open_ends(s);
	watch(s, s->orders, n_ends, EPOLLIN);
	if (s->first) {
		sem_post(&accepted);
	} else {
		sem_wait(&accepted);
		printf("ready\n");
		fflush(stdout);
	}
	tick_us = now_us();
	while (!ending)
		turn(s, &tick_us);
	count_names(s);
	end_all(s);
	return NULL;
}

static size_t number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n > 100000) {
		fprintf(stderr, "connections: '%s' is not a number up to 100000\n", text);
		exit(2);
	}
	return n;
}

static void read_arguments(int argc, char **argv)
{
	const char *where = "127.0.0.1";
	size_t n = 100, active = 20;
	int c;

	while ((c = getopt(argc, argv, "n:a:C:4:")) >= 0) {
		if (c == 'n')
			n = number(optarg);
		else if (c == 'a')
			active = number(optarg);
		else if (c == 'C')
			algorithm = optarg;
		else if (c == '4')
			where = optarg;
		else
			exit(2);
	}
	if (!inet_aton(where, &address.sin_addr)) {
		fprintf(stderr, "connections: '%s' is no IPv4 address\n", where);
		exit(2);
	}
	n_ends = 2 * n;
	n_active = 2 * (active < n ? active : n);
}

int main(int argc, char **argv)
{
	socklen_t len = sizeof(address);
	struct rlimit files;
	uint64_t lost = 0;
	pthread_t other;

	read_arguments(argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	ends = calloc(n_ends + 1, sizeof(*ends));
	ask = eventfd(0, EFD_CLOEXEC);
	if (!ends || ask < 0 || sem_init(&room, 0, BACKLOG) || sem_init(&accepted, 0, 0) || sem_init(&answered, 0, 0))
		die("start");
	listener = open_socket();
	if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 2 * BACKLOG) ||
	    getsockname(listener, (struct sockaddr *)&address, &len))
		die("listen");
	sides[0].orders = STDIN_FILENO;
	sides[1].orders = ask;
	if (pthread_create(&other, NULL, serve, &sides[1]))
		die("pthread_create");
	serve(&sides[0]);
	pthread_join(other, NULL);
	report(true);
	for (size_t i = 0; i < n_ends; i++)
		lost += ends[i ^ 1].sent != ends[i].received;
	return sides[0].resets || sides[1].resets || sides[0].corrupted || sides[1].corrupted || lost;
}
