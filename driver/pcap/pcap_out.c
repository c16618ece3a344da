/* SPDX-License-Identifier: BSD-2-Clause */
/* Transmit to a capture file. */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/pcap/pcap_file.h"
#include "ringlib/util.h"

#define FRAME_BYTES_MIN	  14u
#define FRAME_BYTES_MAX	  (RLB_MTU_MAX + RLB_FRAME_OVERHEAD)
#define FILE_HEADER_BYTES 24
#define RECORD_BYTES	  16 /* in front of each frame */
#define FILE_BUFFER_BYTES (256 << 10)

struct pcap_out {
	pcap_t *pcap; /* says link type and time resolution of what is written */
	pcap_dumper_t *dumper;
	FILE *file;
	const char *name;
	struct pcap_events *events;
	bool created; /* by us, and nothing has been written yet: remove it at close */
	bool failed;
	off_t good_bytes;	/* the file's length behind the last burst that was written whole */
	unsigned int bytes_max; /* of a frame */
	struct rlb_queue_stats stats;
	uint8_t frame[FRAME_BYTES_MAX]; /* a chain's segments in a row */
};

/* Open without emptying: @name may turn out to be the input of this or of another port. */
static int open_file(const char *name, bool *created)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK;
	int fd = open(name, flags);

	*created = false;
	if (fd < 0 && errno == ENOENT) {
		fd = open(name, flags | O_CREAT | O_EXCL, 0666);
		*created = fd >= 0;
	}
	if (fd >= 0)
		return fd;
	fd = -errno;
	rlb_log(ERR, "pcap: %s: cannot write: %s; name a file in a folder you may write to", name,
		strerror(-fd));
	return fd;
}

static int check_file(const char *name, int fd, const struct stat *in)
{
	struct stat id;

	if (fstat(fd, &id))
		return -errno;
	if (in && id.st_dev == in->st_dev && id.st_ino == in->st_ino) {
		rlb_log(ERR, "pcap: %s: is both input and output; name another output file", name);
		return -EINVAL;
	}
	/* /dev/null is welcome. Into a pipe a burst could have to wait. */
	if (!S_ISREG(id.st_mode) && !S_ISCHR(id.st_mode)) {
		rlb_log(ERR, "pcap: %s: not a regular file; name one for the output", name);
		return -EINVAL;
	}
	if (S_ISREG(id.st_mode) && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		rlb_log(ERR, "pcap: %s: another port uses this file; name another output file",
			name);
		return -EBUSY;
	}
	return 0;
}

int pcap_out_open(struct pcap_out **result, const char *name, const struct stat *in,
		  struct pcap_events *events)
{
	struct pcap_out *out = calloc(1, sizeof(*out));
	int fd, err;

	if (!out)
		return -ENOMEM;
	out->name = name;
	out->events = events;
	fd = open_file(name, &out->created);
	if (fd < 0) {
		err = fd;
		goto err_free;
	}
	err = check_file(name, fd, in);
	if (err)
		goto err_fd;
	err = -ENOMEM;
	out->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, FRAME_BYTES_MAX,
							 PCAP_TSTAMP_PRECISION_NANO);
	if (!out->pcap)
		goto err_fd;
	out->file = fdopen(fd, "wb");
	if (!out->file)
		goto err_pcap;
	/* A burst then takes one system call. If there is no memory, it takes more. */
	setvbuf(out->file, NULL, _IOFBF, FILE_BUFFER_BYTES);
	*result = out;
	return 0;

err_pcap:
	pcap_close(out->pcap);
err_fd:
	if (out->created)
		unlink(name);
	close(fd);
err_free:
	free(out);
	return err;
}

/* No more goes into the file; what it has stays readable, without a torn frame at its end. */
static void fail(struct pcap_out *out, int err)
{
	out->failed = true;
	__fpurge(out->file);
	if (ftruncate(fileno(out->file), out->good_bytes) && errno != EINVAL)
		err = errno;
	rlb_log(ERR,
		"pcap: %s: cannot write: %s; its frames are dropped from here; make room and "
		"start again",
		out->name, strerror(err));
	pcap_events_raise(out->events, RLB_EVENT_ERROR);
}

void pcap_out_close(struct pcap_out *out)
{
	if (!out)
		return;
	/* Every burst was flushed, so this fails only where the system writes late: NFS, quotas. */
	if (fclose(out->file) && !out->failed)
		rlb_log(ERR, "pcap: %s: cannot close: %s; the file may not be complete", out->name,
			strerror(errno));
	if (out->created)
		unlink(out->name);
	pcap_close(out->pcap);
	free(out);
}

static int write_header(struct pcap_out *out)
{
	if (ftruncate(fileno(out->file), 0) && errno != EINVAL)
		return -errno;
	errno = 0;
	out->dumper = pcap_dump_fopen(out->pcap, out->file);
	if (!out->dumper || fflush(out->file))
		return errno ? -errno : -EIO;
	return 0;
}

int pcap_out_start(struct pcap_out *out, unsigned int mtu)
{
	int err;

	out->bytes_max = mtu + RLB_FRAME_OVERHEAD;
	if (out->failed)
		pcap_events_raise(out->events, RLB_EVENT_ERROR);
	if (out->dumper)
		return 0;
	err = write_header(out);
	if (err) {
		__fpurge(out->file);
		out->dumper = NULL;
		rlb_log(ERR, "pcap: %s: cannot write: %s; make room or name another output file",
			out->name, strerror(-err));
		return err;
	}
	out->created = false;
	out->good_bytes = FILE_HEADER_BYTES;
	return 0;
}

/* Why @buf can not be sent, or -1. */
static int refuse(const struct pcap_out *out, const struct rlb_buf *buf)
{
	if (buf->frame_bytes > out->bytes_max || buf->frame_bytes < FRAME_BYTES_MIN)
		return RLB_DROP_TOO_LONG;
	if (buf->segs > RLB_SEGS_MAX)
		return RLB_DROP_TOO_MANY_SEGS;
	for (const struct rlb_buf *seg = buf; seg; seg = seg->next) {
		if (!seg->data_bytes)
			return RLB_DROP_TOO_MANY_SEGS;
	}
	return out->failed ? RLB_DROP_WRITE : -1;
}

static void write_frame(struct pcap_out *out, const struct rlb_buf *buf, const struct timespec *now)
{
	/* The file's resolution is nanoseconds; the structure's field keeps its old name. */
	struct pcap_pkthdr head = {
		.ts = {.tv_sec = now->tv_sec, .tv_usec = now->tv_nsec},
		.caplen = buf->frame_bytes,
		.len = buf->frame_bytes,
	};
	const uint8_t *data = rlb_buf_data(buf);

	if (buf->next) {
		rlb_buf_read(buf, out->frame, sizeof(out->frame));
		data = out->frame;
	}
	pcap_dump((u_char *)out->dumper, &head, data);
}

static void count(uint64_t *counter, uint64_t more)
{
	WRITE_ONCE(*counter, *counter + more);
}

unsigned int pcap_out_burst(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	struct pcap_out *out = queue;
	uint64_t bytes = 0, packets = 0;
	struct timespec now;

	if (!n)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	errno = 0;
	for (unsigned int i = 0; i < n; i++) {
		int cause = refuse(out, bufs[i]);

		if (cause >= 0) {
			count(&out->stats.drops[cause], 1);
			continue;
		}
		write_frame(out, bufs[i], &now);
		packets++;
		bytes += bufs[i]->frame_bytes;
	}
	if (packets && (fflush(out->file) || ferror(out->file))) {
		count(&out->stats.drops[RLB_DROP_WRITE], packets);
		fail(out, errno ? errno : EIO);
	} else {
		out->good_bytes += (off_t)(packets * RECORD_BYTES + bytes);
		count(&out->stats.packets, packets);
		count(&out->stats.bytes, bytes);
	}
	rlb_buf_free_bulk(bufs, n);
	return n;
}

void pcap_out_stats(const struct pcap_out *out, struct rlb_queue_stats *stats)
{
	stats->packets = READ_ONCE(out->stats.packets);
	stats->bytes = READ_ONCE(out->stats.bytes);
	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
		stats->drops[i] = READ_ONCE(out->stats.drops[i]);
}
