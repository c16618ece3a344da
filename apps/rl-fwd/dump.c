/* SPDX-License-Identifier: BSD-2-Clause */
/* --dump-regs: the registers of started ports by name, instead of forwarding. */
#include <stdio.h>
#include <stdlib.h>

#include "fwd.h"

/* Of longer tables (filters, steering) only words that are not zero are shown to people. */
#define LONG_TABLE 16

struct dump {
	struct rlb_reg *regs;
	size_t count, room;
	bool no_memory;
};

static void keep(const struct rlb_reg *reg, void *arg)
{
	struct dump *dump = arg;

	if (dump->count == dump->room) {
		size_t room = dump->room ? 2 * dump->room : 256;
		struct rlb_reg *regs = realloc(dump->regs, room * sizeof(*regs));

		if (!regs) {
			dump->no_memory = true;
			return;
		}
		dump->regs = regs;
		dump->room = room;
	}
	dump->regs[dump->count++] = *reg;
}

static void print(const struct rlb_reg *reg)
{
	char name[32];

	if (reg->count > LONG_TABLE && !reg->not_read && !reg->value)
		return;
	if (reg->count > 1)
		snprintf(name, sizeof(name), "%s[%u]", reg->name, reg->index);
	else
		snprintf(name, sizeof(name), "%s", reg->name);
	if (reg->not_read)
		printf("  %05x  %-12s not read: %s\n", reg->offset, name, reg->not_read);
	else
		printf("  %05x  %-12s %08x\n", reg->offset, name, reg->value);
}

static void reg_json(struct json *json, const struct rlb_reg *reg)
{
	json_open(json, NULL, '{');
	json_string(json, "name", reg->name);
	json_u64(json, "index", reg->index);
	json_u64(json, "offset", reg->offset);
	if (reg->not_read)
		json_string(json, "value", NULL);
	else
		json_u64(json, "value", reg->value);
	json_string(json, "not_read", reg->not_read);
	json_close(json, '}');
}

struct all {
	const struct fwd *fwd;
	struct dump dumps[FWD_PORTS_MAX];
};

static void dump_json(struct json *json, const void *arg)
{
	const struct all *all = arg;

	json_open(json, NULL, '{');
	json_string(json, "program", "rl-fwd");
	json_open(json, "ports", '[');
	for (unsigned int p = 0; p < all->fwd->opts.ports; p++) {
		json_open(json, NULL, '{');
		json_string(json, "uri", all->fwd->ports[p].uri);
		json_string(json, "driver", all->fwd->ports[p].info.driver);
		json_open(json, "registers", '[');
		for (size_t i = 0; i < all->dumps[p].count; i++)
			reg_json(json, &all->dumps[p].regs[i]);
		json_close(json, ']');
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static int dump_port(const struct app_port *port, struct dump *dump)
{
	if (rlb_port_dump_regs(port->port, keep, dump) < 0)
		return APP_FAILED;
	if (!dump->no_memory)
		return APP_OK;
	app_error("no memory for the registers of %s", port->uri);
	return APP_FAILED;
}

int fwd_dump(const struct fwd *fwd)
{
	struct all all = {.fwd = fwd};
	int code = APP_OK;

	for (unsigned int p = 0; p < fwd->opts.ports && !code; p++)
		code = dump_port(&fwd->ports[p], &all.dumps[p]);
	for (unsigned int p = 0; p < fwd->opts.ports && !code && !fwd->opts.app.quiet; p++) {
		printf("port %u %s: registers of %s\n", p, fwd->ports[p].uri,
		       fwd->ports[p].info.driver);
		for (size_t i = 0; i < all.dumps[p].count; i++)
			print(&all.dumps[p].regs[i]);
	}
	if (!code && json_to(fwd->opts.app.json, dump_json, &all))
		code = APP_FAILED;
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		free(all.dumps[p].regs);
	return code;
}
