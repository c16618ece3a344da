/* SPDX-License-Identifier: BSD-2-Clause */
/* A pcap port whose URI names a file for a direction that has no queue leaves the file alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ringlib/buf.h>
#include <ringlib/pool.h>
#include <ringlib/port.h>

#include "unit.h"

static const uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
				   0,	 0,    0,    0,	   0, 0, 4, 0, 1, 0, 0, 0};
static char folder[] = "/tmp/ringlib-pcap-XXXXXX";
static char in[64], out[64], uri[160];

static void write_file(const char *name, const void *data, size_t bytes)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

static int setup(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rlb_pool *pool;

	snprintf(in, sizeof(in), "%s/in", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	snprintf(uri, sizeof(uri), "pcap:%s,%s", in, out);
	write_file(in, header, sizeof(header));
	write_file(out, "precious", 8);
	opts.count = 8;
	if (rlb_pool_create(&pool, &opts))
		return -1;
	*state = pool;
	return 0;
}

static int teardown(void **state)
{
	unlink(in);
	unlink(out);
	return (int)rlb_pool_destroy(*state);
}

static void pcap_without_tx_queue_keeps_the_output_file(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_buf *buf = rlb_buf_alloc(*state);
	struct rlb_port *port;
	struct stat st;

	opts.pool = *state;
	opts.tx_queues = 0;
	assert_int_equal(rlb_port_open(&port, uri, &opts), 0);
	assert_int_equal(rlb_port_start(port), 0);
	/* Not there, so it takes nothing. */
	assert_int_equal(rlb_tx_burst(port, 0, &buf, 1), 0);
	rlb_port_close(port);
	assert_int_equal(stat(out, &st), 0);
	assert_int_equal(st.st_size, 8);
	rlb_buf_free(buf);
}

static void pcap_without_rx_queue_needs_no_pool_and_no_input(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_port *port;
	struct rlb_buf *buf;

	(void)state;
	opts.rx_queues = 0;
	unlink(in);
	assert_int_equal(rlb_port_open(&port, uri, &opts), 0);
	assert_int_equal(rlb_port_start(port), 0);
	assert_int_equal(rlb_rx_burst(port, 0, &buf, 1), 0);
	rlb_port_close(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pcap_without_tx_queue_keeps_the_output_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(pcap_without_rx_queue_needs_no_pool_and_no_input,
						setup, teardown),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
