/* SPDX-License-Identifier: BSD-2-Clause */
/* The two halves of a pcap port: a file that is read (its receive queue), one that is written. */
#ifndef RLD_PCAP_FILE_H
#define RLD_PCAP_FILE_H

#include <stdatomic.h>
#include <sys/stat.h>

#include <ringlib/buf.h>
#include <ringlib/port.h>

/* News for the control thread. Raised by any thread, taken by that one. */
struct pcap_events {
	int fd; /* eventfd, readable while @bits is not 0 */
	atomic_uint bits;
};

void pcap_events_raise(struct pcap_events *events, unsigned int bits);

struct pcap_in;
struct pcap_out;

/**
 * pcap_in_open() - open capture file @name and check that it holds Ethernet frames.
 * @id: filled with which file it is, for pcap_out_open() to compare.
 * Return: 0; what open(2) answered; -EINVAL (not a regular file), -EBUSY (a port is writing it),
 *	-EIO (not a capture), -ENOTSUP (not of Ethernet), -ENOMEM. Logs one line on failure.
 */
int pcap_in_open(struct pcap_in **out, const char *name, struct rlb_pool *pool,
		 struct pcap_events *events, struct stat *id);
void pcap_in_close(struct pcap_in *in);

/* Say again what was said when the file ended or failed: a port that is started anew needs it. */
void pcap_in_start(struct pcap_in *in);

/*
 * rlb_rxq.burst. A frame waits in the file while the pool has no buffer for it. Raises
 * RLB_EVENT_END behind the last frame, RLB_EVENT_ERROR where the file is damaged.
 */
unsigned int pcap_in_burst(void *queue, struct rlb_buf **bufs, unsigned int n);

void pcap_in_stats(const struct pcap_in *in, struct rlb_queue_stats *stats);

/**
 * pcap_out_open() - get hold of file @name for writing. It is emptied by the first
 * pcap_out_start(), not before; one that did not exist and was never started is removed again.
 * @in: the port's input as pcap_in_open() gave it, or NULL.
 * Return: 0; what open(2) answered; -EINVAL (same file as @in, or neither a file nor a character
 *	device), -EBUSY (another port uses it), -ENOMEM. Logs one line on failure.
 */
int pcap_out_open(struct pcap_out **out, const char *name, const struct stat *in,
		  struct pcap_events *events);
void pcap_out_close(struct pcap_out *out);

/* Write the file's header, once. @mtu: longer frames are dropped. 0 or -errno, then logged. */
int pcap_out_start(struct pcap_out *out, unsigned int mtu);

/*
 * rlb_txq.burst. What it counts as sent is in the file when it returns. After a write failed the
 * file is cut behind the last whole burst, RLB_EVENT_ERROR is raised, all later frames are dropped.
 */
unsigned int pcap_out_burst(void *queue, struct rlb_buf *const *bufs, unsigned int n);

void pcap_out_stats(const struct pcap_out *out, struct rlb_queue_stats *stats);

#endif
