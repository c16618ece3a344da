/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports over capture files: what is read, what is written, what each bad file is answered with. */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/pool.h>
#include <ringlib/port.h>

#include "inject.h"
#include "unit.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW	  101
#define POOL_COUNT	  256u
#define ROOM		  1024u

/* What else a port needs and may not get; those of inject.c besides. */
int __real_eventfd(unsigned int value, int flags);
int __wrap_eventfd(unsigned int value, int flags);
int __wrap_eventfd(unsigned int value, int flags)
{
	errno = EMFILE;
	return inject_now() ? -1 : __real_eventfd(value, flags);
}

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode)
{
	errno = ENOMEM;
	return inject_now() ? NULL : __real_fdopen(fd, mode);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return inject_now() ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n)
{
	return inject_now() ? NULL : __real_strndup(text, n);
}

pcap_t *__real_pcap_fopen_offline(FILE *file, char *why);
pcap_t *__wrap_pcap_fopen_offline(FILE *file, char *why);
pcap_t *__wrap_pcap_fopen_offline(FILE *file, char *why)
{
	strcpy(why, "out of memory");
	return inject_now() ? NULL : __real_pcap_fopen_offline(file, why);
}

pcap_t *__real_pcap_open_dead_with_tstamp_precision(int type, int snaplen, u_int precision);
pcap_t *__wrap_pcap_open_dead_with_tstamp_precision(int type, int snaplen, u_int precision);
pcap_t *__wrap_pcap_open_dead_with_tstamp_precision(int type, int snaplen, u_int precision)
{
	return inject_now() ? NULL
			    : __real_pcap_open_dead_with_tstamp_precision(type, snaplen, precision);
}

static struct rlb_pool *pool;
static char lines[1024]; /* what was logged, and how many lines */
static unsigned int line_count;

static void keep_line(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
	line_count++;
}

static int set_up(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	static char top[] = "/tmp/ringlib-pcap-XXXXXX";

	(void)state;
	opts.count = POOL_COUNT;
	opts.room_bytes = RLB_HEADROOM + ROOM;
	opts.page_bytes = 4096;
	if (!mkdtemp(top) || chdir(top))
		return -1;
	return rlb_pool_create(&pool, &opts);
}

static int tear_down(void **state)
{
	char top[64];

	(void)state;
	/* Every test removes its files: what is left is a bug. */
	if (!getcwd(top, sizeof(top)) || chdir("/") || rmdir(top))
		return -1;
	return rlb_pool_destroy(pool) ? -1 : 0;
}

static int each_set_up(void **state)
{
	(void)state;
	lines[0] = '\0';
	line_count = 0;
	rlb_log_set(RLB_LOG_WARN, keep_line, NULL);
	return 0;
}

static int each_tear_down(void **state)
{
	(void)state;
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
	return rlb_pool_available(pool) == POOL_COUNT ? 0 : -1;
}

static void write_all(const char *name, const void *data, size_t bytes)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), bytes);
	close(fd);
}

static void put_header(const char *name, uint32_t linktype)
{
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, linktype};

	unlink(name);
	write_all(name, head, sizeof(head));
}

static void fill(uint8_t *at, unsigned int bytes, unsigned int number)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
}

/* A frame that says it had @len bytes, of which @bytes are there. */
static void put_frame(const char *name, unsigned int number, uint32_t bytes, uint32_t len)
{
	const uint32_t head[4] = {1700000000 + number, 0, bytes, len};
	uint8_t *data = malloc(bytes + 1);

	fill(data, bytes, number);
	write_all(name, head, sizeof(head));
	write_all(name, data, bytes);
	free(data);
}

static off_t size_of(const char *name)
{
	struct stat id;

	return stat(name, &id) ? -1 : id.st_size;
}

static struct rlb_port_opts port_opts(void)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;

	opts.pool = pool;
	opts.mtu = RLB_MTU_MAX;
	return opts;
}

static struct rlb_port *open_started(const char *uri)
{
	struct rlb_port_opts opts = port_opts();
	struct rlb_port *port;

	assert_int_equal(rlb_port_open(&port, uri, &opts), 0);
	assert_int_equal(rlb_port_start(port), 0);
	return port;
}

static bool readable(struct rlb_port *port)
{
	struct pollfd fd = {.fd = rlb_port_event_fd(port), .events = POLLIN};

	assert_true(fd.fd >= 0);
	return poll(&fd, 1, 0) == 1;
}

/* Receive with bursts of @burst until nothing comes; each frame must be the one of its number. */
static unsigned int receive_all(struct rlb_port *port, const unsigned int *sizes,
				unsigned int burst)
{
	static uint8_t want[65536], got[65536];
	struct rlb_buf *bufs[64];
	unsigned int n, number = 0;

	while ((n = rlb_rx_burst(port, 0, bufs, burst))) {
		assert_true(n <= burst);
		for (unsigned int i = 0; i < n; i++, number++) {
			fill(want, sizes[number], number);
			assert_int_equal(bufs[i]->frame_bytes, sizes[number]);
			assert_int_equal(bufs[i]->segs, (sizes[number] + ROOM - 1) / ROOM);
			assert_int_equal(rlb_buf_read(bufs[i], got, sizeof(got)), sizes[number]);
			assert_memory_equal(got, want, sizes[number]);
		}
		rlb_buf_free_bulk(bufs, n);
	}
	return number;
}

static void pcap_in_frames_arrive_whole(void **state)
{
	/* 14: the shortest there is; around one and two buffers; jumbo; the longest a file may have
	 * that still goes through RLB_SEGS_MAX buffers */
	static const unsigned int sizes[] = {
		60,   14,   15,	  ROOM - 1,	      ROOM, ROOM + 1, 2 * ROOM,
		1514, 9018, 2049, RLB_SEGS_MAX * ROOM};
	struct rlb_port_stats stats;
	struct rlb_port *port;
	uint64_t bytes = 0;

	(void)state;
	for (unsigned int burst = 1; burst <= 64; burst *= 4) {
		bytes = 0;
		put_header("in", LINKTYPE_ETHERNET);
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			put_frame("in", i, sizes[i], sizes[i]);
			bytes += sizes[i];
		}
		port = open_started("pcap:in");
		assert_int_equal(rlb_rx_burst(port, 0, NULL, 0), 0);
		assert_false(readable(port));
		assert_int_equal(receive_all(port, sizes, burst), ARRAY_SIZE(sizes));
		assert_true(readable(port));
		assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
		assert_false(readable(port));
		assert_int_equal(rlb_port_events(port), 0);
		assert_int_equal(rlb_port_stats(port, &stats), 0);
		assert_int_equal(stats.rx[0].packets, ARRAY_SIZE(sizes));
		assert_int_equal(stats.rx[0].bytes, bytes);
		rlb_port_close(port);
	}
	assert_int_equal(line_count, 0);
	unlink("in");
}

static void pcap_in_restart_goes_on_where_it_was(void **state)
{
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	put_frame("in", 0, 60, 60);
	put_frame("in", 1, 61, 61);
	port = open_started("pcap:in");
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 1);
	rlb_buf_free(buf);
	assert_int_equal(rlb_port_stop(port), 0);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	assert_int_equal(rlb_port_start(port), 0);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 1);
	assert_int_equal(buf->frame_bytes, 61);
	rlb_buf_free(buf);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	/* Who starts it again must hear again that there is nothing. */
	assert_int_equal(rlb_port_stop(port), 0);
	assert_int_equal(rlb_port_start(port), 0);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	rlb_port_close(port);
	unlink("in");
}

static void pcap_in_odd_frames_are_counted(void **state)
{
	static const struct {
		uint32_t bytes, len;
		unsigned int lines;
	} cases[] = {
		{13, 13, 0},   /* no Ethernet header */
		{0, 0, 0},     /* nothing at all */
		{60, 61, 1},   /* the recorder kept less than there was */
		{96, 1514, 1}, /* as tcpdump -s 96 does */
		{RLB_SEGS_MAX * ROOM + 1, RLB_SEGS_MAX * ROOM + 1, 0}, /* takes too many buffers */
		{65536, 65536, 1}, /* more than the file says a frame may have */
	};
	struct rlb_port_stats stats;
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		each_set_up(NULL);
		put_header("in", LINKTYPE_ETHERNET);
		put_frame("in", 0, cases[i].bytes, cases[i].len);
		put_frame("in", 0, cases[i].bytes, cases[i].len);
		put_frame("in", 0, 60, 60);
		port = open_started("pcap:in");
		assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 1);
		assert_int_equal(buf->frame_bytes, 60);
		rlb_buf_free(buf);
		rlb_port_stats(port, &stats);
		assert_int_equal(stats.rx[0].packets, 1);
		assert_int_equal(stats.rx[0].drops[RLB_DROP_BAD_FRAME], 2);
		assert_int_equal(line_count, cases[i].lines);
		if (line_count)
			assert_non_null(strstr(lines, "tcpdump -s 0"));
		rlb_port_close(port);
	}
	unlink("in");
}

static void pcap_in_pool_empty_frame_waits(void **state)
{
	struct rlb_port *port;
	struct rlb_buf *held[POOL_COUNT], *buf;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	put_frame("in", 0, 3 * ROOM, 3 * ROOM);
	port = open_started("pcap:in");
	assert_int_equal(rlb_pool_get(pool, held, POOL_COUNT - 2), 0);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	assert_int_equal(rlb_port_events(port), 0);
	rlb_pool_put(pool, held, POOL_COUNT - 2);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 1);
	assert_int_equal(buf->frame_bytes, 3 * ROOM);
	rlb_buf_free(buf);
	rlb_port_close(port);
	unlink("in");
}

static void pcap_in_frame_beyond_pool_is_dropped(void **state)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts opts = port_opts();
	struct rlb_port_stats stats;
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	/* Two buffers can never hold it: to wait would be to hang. */
	pool_opts.count = 2;
	pool_opts.room_bytes = RLB_HEADROOM + 64;
	pool_opts.page_bytes = 4096;
	assert_int_equal(rlb_pool_create(&opts.pool, &pool_opts), 0);
	put_header("in", LINKTYPE_ETHERNET);
	put_frame("in", 0, 129, 129);
	put_frame("in", 1, 128, 128);
	assert_int_equal(rlb_port_open(&port, "pcap:in", &opts), 0);
	assert_int_equal(rlb_port_start(port), 0);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 1);
	assert_int_equal(buf->frame_bytes, 128);
	rlb_buf_free(buf);
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.rx[0].drops[RLB_DROP_NO_BUFFER], 1);
	rlb_port_close(port);
	assert_int_equal(rlb_pool_destroy(opts.pool), 0);
	unlink("in");
}

static void pcap_in_damaged_file_names_the_frame(void **state)
{
	static const struct {
		off_t cut; /* bytes taken off the end */
		const char *says;
	} cases[] = {
		{1, "frame 2: "},	/* the last frame's last byte */
		{60, "frame 2: "},	/* all of it but its header */
		{61, "frame 2: "},	/* and part of that */
		{75, "frame 2: "},	/* all but one byte of that */
		{76 + 30, "frame 1: "}, /* half of the first */
	};
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int whole = cases[i].cut > 76 ? 0 : 1;

		each_set_up(NULL);
		put_header("in", LINKTYPE_ETHERNET);
		put_frame("in", 0, 60, 60);
		put_frame("in", 1, 60, 60);
		assert_int_equal(truncate("in", size_of("in") - cases[i].cut), 0);
		port = open_started("pcap:in");
		assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), whole);
		if (whole) {
			rlb_buf_free(buf);
			assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
		}
		assert_int_equal(rlb_port_events(port), RLB_EVENT_ERROR);
		/* No second word about it. */
		assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
		assert_int_equal(rlb_port_events(port), 0);
		assert_int_equal(line_count, 1);
		assert_non_null(strstr(lines, "pcap: in: "));
		assert_non_null(strstr(lines, cases[i].says));
		assert_non_null(strstr(lines, "record it again"));
		rlb_port_close(port);
	}
	unlink("in");
}

static void pcap_in_absurd_length_is_an_error(void **state)
{
	const uint32_t head[4] = {0, 0, 0x7fffffff, 0x7fffffff};
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	write_all("in", head, sizeof(head));
	port = open_started("pcap:in");
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_ERROR);
	assert_int_equal(line_count, 1);
	rlb_port_close(port);
	unlink("in");
}

static void pcap_out_frames_read_back(void **state)
{
	static const unsigned int sizes[] = {60, 14, ROOM, ROOM + 1, 1514, 9018};
	static uint8_t data[9018];
	struct rlb_buf *bufs[ARRAY_SIZE(sizes)];
	struct rlb_port_stats stats;
	struct rlb_port *port;
	uint64_t bytes = 0;

	(void)state;
	port = open_started("pcap:,out");
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(data, sizes[i], i);
		assert_int_equal(rlb_buf_write(&bufs[i], pool, data, sizes[i]), 0);
		bytes += sizes[i];
	}
	assert_int_equal(rlb_tx_burst(port, 0, NULL, 0), 0);
	assert_int_equal(rlb_tx_burst(port, 0, bufs, ARRAY_SIZE(sizes)), ARRAY_SIZE(sizes));
	/* In the file at once: nothing waits for close. */
	assert_int_equal(size_of("out"), 24 + ARRAY_SIZE(sizes) * 16 + bytes);
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.tx[0].packets, ARRAY_SIZE(sizes));
	assert_int_equal(stats.tx[0].bytes, bytes);
	rlb_port_close(port);

	port = open_started("pcap:out");
	assert_int_equal(receive_all(port, sizes, 2), ARRAY_SIZE(sizes));
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	rlb_port_close(port);
	assert_int_equal(line_count, 0);
	unlink("out");
}

static struct rlb_buf *frame_of(unsigned int bytes)
{
	static uint8_t data[RLB_SEGS_MAX * ROOM];
	struct rlb_buf *buf;

	assert_int_equal(rlb_buf_write(&buf, pool, data, bytes), 0);
	return buf;
}

static void pcap_out_unsendable_frames_are_counted(void **state)
{
	struct rlb_port_opts opts = port_opts();
	struct rlb_port_stats stats;
	struct rlb_port *port;
	struct rlb_buf *bufs[6];

	(void)state;
	opts.mtu = 1500;
	assert_int_equal(rlb_port_open(&port, "pcap:,out", &opts), 0);
	assert_int_equal(rlb_port_start(port), 0);
	bufs[0] = frame_of(1518); /* MTU, Ethernet header, a VLAN tag: goes */
	bufs[1] = frame_of(1519);
	bufs[2] = frame_of(13);
	bufs[3] = frame_of(14); /* goes */
	bufs[4] = frame_of(ROOM + 1);
	bufs[4]->next->data_bytes = 0; /* an empty segment */
	bufs[4]->frame_bytes = ROOM;
	bufs[5] = frame_of(ROOM + 1);
	bufs[5]->segs = RLB_SEGS_MAX + 1;
	assert_int_equal(rlb_tx_burst(port, 0, bufs, 6), 6);
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.tx[0].packets, 2);
	assert_int_equal(stats.tx[0].bytes, 1518 + 14);
	assert_int_equal(stats.tx[0].drops[RLB_DROP_TOO_LONG], 2);
	assert_int_equal(stats.tx[0].drops[RLB_DROP_TOO_MANY_SEGS], 2);
	/* A new MTU counts from the next start. */
	assert_int_equal(rlb_port_stop(port), 0);
	assert_int_equal(rlb_port_set_mtu(port, 1501), 0);
	assert_int_equal(rlb_port_start(port), 0);
	bufs[0] = frame_of(1519);
	assert_int_equal(rlb_tx_burst(port, 0, bufs, 1), 1);
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.tx[0].packets, 3);
	rlb_port_close(port);
	assert_int_equal(size_of("out"), 24 + 3 * 16 + 1518 + 14 + 1519);
	unlink("out");
}

static void pcap_out_disk_full_is_counted_and_told_once(void **state)
{
	struct rlimit old, small = {.rlim_cur = 24 + 3 * 76 + 10};
	struct rlb_port_stats stats;
	struct rlb_port *port;
	struct rlb_buf *bufs[2];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	port = open_started("pcap:,out");
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (unsigned int i = 0; i < 4; i++) {
		bufs[0] = frame_of(60);
		bufs[1] = frame_of(60);
		assert_int_equal(rlb_tx_burst(port, 0, bufs, 2), 2);
		/* The second burst fits by half, and so not at all. */
		assert_int_equal(size_of("out"), 24 + 2 * 76);
		assert_int_equal(rlb_port_events(port), i == 1 ? RLB_EVENT_ERROR : 0);
	}
	setrlimit(RLIMIT_FSIZE, &old);
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.tx[0].packets, 2);
	assert_int_equal(stats.tx[0].bytes, 120);
	assert_int_equal(stats.tx[0].drops[RLB_DROP_WRITE], 6);
	assert_int_equal(line_count, 1);
	assert_non_null(strstr(lines, "pcap: out: cannot write: File too large"));
	rlb_port_close(port);
	assert_int_equal(line_count, 1);
	assert_int_equal(size_of("out"), 24 + 2 * 76);

	/* What is there can be read: no torn frame. */
	port = open_started("pcap:out");
	assert_int_equal(rlb_rx_burst(port, 0, bufs, 2), 2);
	rlb_buf_free_bulk(bufs, 2);
	assert_int_equal(rlb_rx_burst(port, 0, bufs, 2), 0);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	rlb_port_close(port);
	unlink("out");
}

static void pcap_out_full_device_fails_start(void **state)
{
	struct rlb_port_opts opts = port_opts();
	struct rlb_port *port;

	(void)state;
	assert_int_equal(rlb_port_open(&port, "pcap:,/dev/full", &opts), 0);
	assert_int_equal(rlb_port_start(port), -ENOSPC);
	assert_int_equal(line_count, 1);
	assert_non_null(strstr(lines, "No space left on device"));
	rlb_port_close(port);
	assert_int_equal(line_count, 1);
}

static void pcap_out_file_is_touched_at_start_only(void **state)
{
	struct rlb_port_opts opts = port_opts();
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	/* One that was there stays as it was. */
	write_all("out", "precious", 8);
	assert_int_equal(rlb_port_open(&port, "pcap:,out", &opts), 0);
	assert_int_equal(size_of("out"), 8);
	rlb_port_close(port);
	assert_int_equal(size_of("out"), 8);
	/* One that was not is gone again. */
	unlink("out");
	assert_int_equal(rlb_port_open(&port, "pcap:,out", &opts), 0);
	assert_int_equal(size_of("out"), 0);
	rlb_port_close(port);
	assert_int_equal(size_of("out"), -1);
	/* A second start adds. */
	port = open_started("pcap:,out");
	buf = frame_of(60);
	rlb_tx_burst(port, 0, &buf, 1);
	rlb_port_stop(port);
	rlb_port_start(port);
	buf = frame_of(60);
	rlb_tx_burst(port, 0, &buf, 1);
	rlb_port_close(port);
	assert_int_equal(size_of("out"), 24 + 2 * 76);
	unlink("out");
}

static void pcap_half_port_loses_and_counts(void **state)
{
	struct rlb_port_stats stats;
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	port = open_started("pcap:in");
	for (unsigned int i = 0; i < 3; i++) {
		buf = frame_of(60);
		assert_int_equal(rlb_tx_burst(port, 0, &buf, 1), 1);
	}
	rlb_port_stats(port, &stats);
	assert_int_equal(stats.tx[0].packets, 0);
	assert_int_equal(stats.tx[0].drops[RLB_DROP_WRITE], 3);
	assert_int_equal(line_count, 1);
	assert_non_null(strstr(lines, "use pcap:in,FILE"));
	rlb_port_close(port);
	unlink("in");

	port = open_started("pcap:,out");
	assert_int_equal(rlb_port_events(port), RLB_EVENT_END);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	rlb_port_close(port);
	unlink("out");
}

static void pcap_open_bad_arguments_are_refused(void **state)
{
	static const struct {
		const char *uri;
		unsigned int rx, tx, mtu;
		int err;
		const char *says;
	} cases[] = {
		{"pcap:", 1, 1, 1500, -EINVAL, "names no file"},
		{"pcap:,", 1, 1, 1500, -EINVAL, "names no file"},
		{"pcap:in,out,more", 1, 1, 1500, -EINVAL, "more than one comma"},
		{"pcap:in", 2, 1, 1500, -EINVAL, "has 1 each way"},
		{"pcap:in", 1, 2, 1500, -EINVAL, "has 1 each way"},
		{"pcap:in", 0, 0, 1500, -EINVAL, "zero queues"},
		{"pcap:in", 1, 1, 9001, -EINVAL, "68..9000"},
		{"pcap:in", 1, 1, 67, -EINVAL, "68..9000"},
		{"pcap:missing", 1, 1, 1500, -ENOENT, "missing: cannot read: No such file"},
		{"pcap:missing,out", 1, 1, 1500, -ENOENT, "cannot read"},
		{"pcap:empty", 1, 1, 1500, -EIO, "not a capture"},
		{"pcap:text", 1, 1, 1500, -EIO, "tcpdump -w"},
		{"pcap:text,out", 1, 1, 1500, -EIO, "not a capture"},
		{"pcap:raw,out", 1, 1, 1500, -ENOTSUP, "link type RAW, not Ethernet"},
		{"pcap:.", 1, 1, 1500, -EINVAL, "not a regular file"},
		{"pcap:pipe", 1, 1, 1500, -EINVAL, "not a regular file"},
		{"pcap:in,in", 1, 1, 1500, -EINVAL, "both input and output"},
		{"pcap:in,link", 1, 1, 1500, -EINVAL, "both input and output"},
		{"pcap:in,no/out", 1, 1, 1500, -ENOENT, "cannot write"},
		{"pcap:in,.", 1, 1, 1500, -EISDIR, "cannot write"},
		{"pcap:,pipe", 1, 1, 1500, -ENXIO, "cannot write"},
	};
	unsigned int fds = inject_fds();

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	put_header("raw", LINKTYPE_RAW);
	write_all("text", "this is not a capture file at all\n", 34);
	write_all("empty", "", 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(link("in", "link"), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_port_opts opts = port_opts();
		struct rlb_port *port = (struct rlb_port *)1;

		each_set_up(NULL);
		opts.rx_queues = (uint16_t)cases[i].rx;
		opts.tx_queues = (uint16_t)cases[i].tx;
		opts.mtu = (uint16_t)cases[i].mtu;
		assert_int_equal(rlb_port_open(&port, cases[i].uri, &opts), cases[i].err);
		assert_null(port);
		assert_int_equal(line_count, 1);
		if (!strstr(lines, cases[i].says))
			fail_msg("%s: %s", cases[i].uri, lines);
		assert_int_equal(size_of("out"), -1);
		assert_int_equal(inject_fds(), fds);
	}
	assert_int_equal(size_of("in"), 24);
	unlink("in");
	unlink("link");
	unlink("raw");
	unlink("text");
	unlink("empty");
	unlink("pipe");
}

static void pcap_file_in_use_is_not_emptied(void **state)
{
	struct rlb_port_opts opts = port_opts();
	struct rlb_port *first, *second;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	put_frame("in", 0, 60, 60);
	assert_int_equal(rlb_port_open(&first, "pcap:in", &opts), 0);
	assert_int_equal(rlb_port_open(&second, "pcap:,in", &opts), -EBUSY);
	assert_int_equal(line_count, 1);
	rlb_port_close(first);
	/* The other way round, and two writers. */
	assert_int_equal(rlb_port_open(&first, "pcap:,in", &opts), 0);
	assert_int_equal(rlb_port_open(&second, "pcap:in", &opts), -EBUSY);
	assert_int_equal(rlb_port_open(&second, "pcap:,in", &opts), -EBUSY);
	assert_int_equal(line_count, 3);
	rlb_port_close(first);
	assert_int_equal(size_of("in"), 24 + 76);
	/* Two readers are welcome, and two writers to nowhere. */
	assert_int_equal(rlb_port_open(&first, "pcap:in,/dev/null", &opts), 0);
	assert_int_equal(rlb_port_open(&second, "pcap:in,/dev/null", &opts), 0);
	rlb_port_close(first);
	rlb_port_close(second);
	unlink("in");
}

static void pcap_open_without_memory_leaves_nothing(void **state)
{
	struct rlb_port_opts opts = port_opts();
	unsigned int fds = inject_fds();
	struct rlb_port *port;
	unsigned int k;
	int err;

	(void)state;
	put_header("in", LINKTYPE_ETHERNET);
	for (k = 1;; k++) {
		assert_true(k < 100);
		inject_fail_at(k);
		err = rlb_port_open(&port, "pcap:in,out", &opts);
		if (!inject_failed())
			break;
		assert_true(err < 0);
		assert_null(port);
		assert_int_equal(size_of("out"), -1);
		assert_int_equal(inject_fds(), fds);
	}
	assert_int_equal(err, 0);
	/* The port, its two halves, eventfd, two stdio files, two names at the least. */
	assert_true(k > 8);
	rlb_port_close(port);
	assert_int_equal(inject_fds(), fds);
	unlink("in");
}

static void pcap_info_says_what_it_is(void **state)
{
	struct rlb_port_info info;
	struct rlb_link link;
	struct rlb_port *port;

	(void)state;
	port = open_started("pcap:,out");
	rlb_port_info(port, &info);
	assert_string_equal(info.driver, "pcap");
	assert_string_equal(info.uri, "pcap:,out");
	assert_int_equal(info.mtu, RLB_MTU_MAX);
	assert_int_equal(info.mtu_max, RLB_MTU_MAX);
	assert_int_equal(info.rx_queues_max, 1);
	assert_int_equal(info.tx_queues_max, 1);
	assert_int_equal(info.rx_slots, 0);
	assert_false(info.has_device_stats);
	assert_int_equal(rlb_port_link(port, &link), 0);
	assert_true(link.up);
	assert_int_equal(rlb_port_set_promiscuous(port, true), 0);
	rlb_port_close(port);
	unlink("out");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, each_set_up, each_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pcap_in_frames_arrive_whole),
		TEST(pcap_in_restart_goes_on_where_it_was),
		TEST(pcap_in_odd_frames_are_counted),
		TEST(pcap_in_pool_empty_frame_waits),
		TEST(pcap_in_frame_beyond_pool_is_dropped),
		TEST(pcap_in_damaged_file_names_the_frame),
		TEST(pcap_in_absurd_length_is_an_error),
		TEST(pcap_out_frames_read_back),
		TEST(pcap_out_unsendable_frames_are_counted),
		TEST(pcap_out_disk_full_is_counted_and_told_once),
		TEST(pcap_out_full_device_fails_start),
		TEST(pcap_out_file_is_touched_at_start_only),
		TEST(pcap_half_port_loses_and_counts),
		TEST(pcap_open_bad_arguments_are_refused),
		TEST(pcap_file_in_use_is_not_emptied),
		TEST(pcap_open_without_memory_leaves_nothing),
		TEST(pcap_info_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
