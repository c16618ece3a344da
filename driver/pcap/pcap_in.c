/* SPDX-License-Identifier: BSD-2-Clause */
/* Receive from a capture file. */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/pcap/pcap_file.h"
#include "ringlib/util.h"

#define FRAME_BYTES_MIN 14u

enum in_state {
	IN_READING,
	IN_ENDED,
	IN_FAILED,
};

struct pcap_in {
	pcap_t *pcap;
	const char *name;
	struct rlb_pool *pool;
	struct pcap_events *events;
	enum in_state state;
	uint64_t frame;	     /* number of the last one read, from 1, as Wireshark counts */
	const uint8_t *data; /* that frame, while it waits for a buffer; else NULL */
	uint32_t bytes;	     /* its length */
	bool said_cut;	     /* frames cut short by the recorder are reported once */
	struct rlb_queue_stats stats;
};

static int check_file(const char *name, int fd, struct stat *id)
{
	if (fstat(fd, id))
		return -errno;
	if (!S_ISREG(id->st_mode)) {
		/* A pipe could make a burst wait. */
		rlb_log(ERR, "pcap: %s: not a regular file; save the capture to a file first",
			name);
		return -EINVAL;
	}
	/* Keeps a port, of any program, from emptying the file. Not every file system can lock. */
	if (flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK) {
		rlb_log(ERR, "pcap: %s: another port is writing this file; wait for its end", name);
		return -EBUSY;
	}
	return 0;
}

static int open_capture(struct pcap_in *in, FILE *file)
{
	char why[PCAP_ERRBUF_SIZE];

	in->pcap = pcap_fopen_offline(file, why);
	if (!in->pcap) {
		rlb_log(ERR, "pcap: %s: not a capture (%s); give a file written by: tcpdump -w",
			in->name, why);
		return -EIO;
	}
	if (pcap_datalink(in->pcap) != DLT_EN10MB) {
		const char *type = pcap_datalink_val_to_name(pcap_datalink(in->pcap));

		rlb_log(ERR,
			"pcap: %s: link type %s, not Ethernet; record on one Ethernet interface, "
			"not on \"any\"",
			in->name, type ? type : "unknown");
		pcap_close(in->pcap);
		return -ENOTSUP;
	}
	return 0;
}

int pcap_in_open(struct pcap_in **out, const char *name, struct rlb_pool *pool,
		 struct pcap_events *events, struct stat *id)
{
	struct pcap_in *in = calloc(1, sizeof(*in));
	FILE *file;
	int fd, err;

	if (!in)
		return -ENOMEM;
	in->name = name;
	in->pool = pool;
	in->events = events;
	/* NONBLOCK: opening a pipe does not wait for its writer. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err = -errno;
		rlb_log(ERR, "pcap: %s: cannot read: %s; check the name and its permissions", name,
			strerror(-err));
		goto err_free;
	}
	err = check_file(name, fd, id);
	if (err)
		goto err_fd;
	file = fdopen(fd, "rb");
	if (!file) {
		err = -ENOMEM;
		goto err_fd;
	}
	err = open_capture(in, file);
	if (err == -EIO) {
		fclose(file);
		goto err_free;
	}
	if (err)
		goto err_free;
	*out = in;
	return 0;

err_fd:
	close(fd);
err_free:
	free(in);
	return err;
}

void pcap_in_close(struct pcap_in *in)
{
	if (!in)
		return;
	pcap_close(in->pcap);
	free(in);
}

void pcap_in_start(struct pcap_in *in)
{
	if (in->state == IN_ENDED)
		pcap_events_raise(in->events, RLB_EVENT_END);
	else if (in->state == IN_FAILED)
		pcap_events_raise(in->events, RLB_EVENT_ERROR);
}

static void drop(struct pcap_in *in, enum rlb_drop cause)
{
	WRITE_ONCE(in->stats.drops[cause], in->stats.drops[cause] + 1);
}

/* A frame of which the file holds only the beginning would go out damaged. */
static void drop_cut(struct pcap_in *in, const struct pcap_pkthdr *head)
{
	if (!in->said_cut)
		rlb_log(WARN,
			"pcap: %s: frame %llu has %u of its %u bytes; such frames are dropped; "
			"record with: tcpdump -s 0",
			in->name, (unsigned long long)in->frame, head->caplen, head->len);
	in->said_cut = true;
	drop(in, RLB_DROP_BAD_FRAME);
}

static void end(struct pcap_in *in, int result)
{
	if (result == PCAP_ERROR_BREAK) {
		in->state = IN_ENDED;
	} else {
		in->state = IN_FAILED;
		rlb_log(ERR,
			"pcap: %s: frame %llu: %s; the file is damaged: copy or record it again",
			in->name, (unsigned long long)in->frame + 1, pcap_geterr(in->pcap));
	}
	pcap_in_start(in);
}

/* Read on to the next frame that can be received. False: there is none. */
static bool next_frame(struct pcap_in *in)
{
	struct pcap_pkthdr *head;
	const u_char *data;

	while (in->state == IN_READING) {
		int result = pcap_next_ex(in->pcap, &head, &data);

		if (result != 1) {
			end(in, result);
			break;
		}
		in->frame++;
		if (head->caplen < head->len) {
			drop_cut(in, head);
		} else if (head->caplen < FRAME_BYTES_MIN || head->caplen > UINT16_MAX) {
			drop(in, RLB_DROP_BAD_FRAME);
		} else {
			in->data = data;
			in->bytes = head->caplen;
			return true;
		}
	}
	return false;
}

/* The waiting frame into buffers. False: it still waits. A frame no pool could take is dropped. */
static bool receive(struct pcap_in *in, struct rlb_buf **buf)
{
	int err = rlb_buf_write(buf, in->pool, in->data, in->bytes);
	unsigned int room = in->pool->room_bytes - in->pool->headroom_bytes;

	if (err == -ENOBUFS && in->bytes <= (uint64_t)room * rlb_pool_count(in->pool))
		return false;
	in->data = NULL;
	if (err)
		drop(in, err == -ENOBUFS ? RLB_DROP_NO_BUFFER : RLB_DROP_BAD_FRAME);
	return true;
}

unsigned int pcap_in_burst(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	struct pcap_in *in = queue;
	unsigned int got = 0;
	uint64_t bytes = 0;

	while (got < n && (in->data || next_frame(in))) {
		if (!receive(in, &bufs[got]))
			break;
		if (bufs[got])
			bytes += bufs[got++]->frame_bytes;
	}
	WRITE_ONCE(in->stats.packets, in->stats.packets + got);
	WRITE_ONCE(in->stats.bytes, in->stats.bytes + bytes);
	return got;
}

void pcap_in_stats(const struct pcap_in *in, struct rlb_queue_stats *stats)
{
	stats->packets = READ_ONCE(in->stats.packets);
	stats->bytes = READ_ONCE(in->stats.bytes);
	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
		stats->drops[i] = READ_ONCE(in->stats.drops[i]);
}
