/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU TCG plugin: how many guest instructions each vCPU has executed, in user mode and in the
 * kernel. Whoever connects to the socket gets one line a vCPU, "vcpu user kernel", and end of file.
 *
 *	-plugin file=insns_plugin.so,socket=/path
 *
 * Debian packages no qemu-plugin.h, so the part of the interface that is used (API version 1, QEMU
 * 4.2 and later: docs/devel/tcg-plugins.rst) is declared here.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EXPORT	__attribute__((visibility("default")))
#define VCPUS	16
#define KERNEL	(UINT64_C(1) << 63) /* addresses in the kernel's half */
#define NO_REGS 0		    /* QEMU_PLUGIN_CB_NO_REGS */

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
typedef struct qemu_info_t qemu_info_t;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int, void *), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

int qemu_plugin_version = 1;

/* Each vCPU's thread writes its own line. */
static struct {
	uint64_t user, kernel;
} __attribute__((aligned(64))) counts[VCPUS];

static int listener = -1;

/* @data: the block's instructions, times two, plus one for a kernel address. */
static void on_exec(unsigned int vcpu, void *data)
{
	uintptr_t what = (uintptr_t)data;

	if (vcpu >= VCPUS)
		return;
	if (what & 1)
		counts[vcpu].kernel += what >> 1;
	else
		counts[vcpu].user += what >> 1;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uintptr_t what = qemu_plugin_tb_n_insns(tb) << 1;

	(void)id;
	if (qemu_plugin_tb_vaddr(tb) & KERNEL)
		what |= 1;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_exec, NO_REGS, (void *)what);
}

static void *serve(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		for (unsigned int i = 0; i < VCPUS; i++) {
			if (counts[i].user || counts[i].kernel)
				dprintf(fd, "%u %llu %llu\n", i,
					(unsigned long long)*(volatile uint64_t *)&counts[i].user,
					(unsigned long long)*(volatile uint64_t *)&counts[i]
						.kernel);
		}
		close(fd);
	}
}

static bool listen_on(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	pthread_t thread;

	if (strlen(path) >= sizeof(addr.sun_path))
		return false;
	strcpy(addr.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	return listener >= 0 && bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	       listen(listener, 8) == 0 && pthread_create(&thread, NULL, serve, NULL) == 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "socket=", 7) || !listen_on(argv[0] + 7)) {
		fprintf(stderr, "insns_plugin: needs socket=PATH, a path that can be made\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
