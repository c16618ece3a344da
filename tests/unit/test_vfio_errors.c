/* SPDX-License-Identifier: BSD-2-Clause */
/* What the VFIO transport says when a device cannot be had, and that it leaves nothing behind. */
#include <dirent.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <sys/resource.h>

#include <ringlib/mem.h>

#include "driver/e1000/e1000_priv.h"
#include "driver/vfio/vfio.h"
#include "fake_vfio.h"
#include "unit.h"

#define A "0000:01:00.0"
#define B "0000:02:00.0"
#define C "0000:02:00.1"

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the directory itself */
}

static void assert_nothing_left(unsigned int fds)
{
	assert_int_equal(open_fds(), fds);
	assert_int_equal(fake_maps(), 0);
	assert_int_equal(fake.mmaps, 0);
	assert_int_equal(fake.allocations, 0);
	for (unsigned int i = 0; i < fake.device_count; i++)
		assert_int_equal(fake.devices[i].opened, 0);
	for (unsigned int i = 0; i < fake.group_count; i++)
		assert_false(fake.groups[i].opened);
}

static void bdf_malformed_is_invalid(void **state)
{
	static const char *const cases[] = {
		"",		     /* nothing */
		"eth0",		     /* a network interface */
		"0000:01:00",	     /* no function */
		"01:00.8",	     /* functions end at 7 */
		"01:20.0",	     /* devices end at 1f */
		"01:00.0 ",	     /* something behind */
		"01:00.00",	     /* a digit too many */
		"1:00.0",	     /* a digit too few */
		"000:01:00.0",	     /* in the domain too */
		"123456789:01:00.0", /* longest domain has 8 */
		"../../../etc:00.0", /* not a path */
		"0000-01-00.0",
		"g0:00.0",
		"-1:00.0",
	};

	(void)state;
	fake_setup();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rld_nic *nic;

		fake.lines = 0;
		assert_int_equal(vfio_transport.open(&nic, cases[i]), -EINVAL);
		assert_null(nic);
		assert_int_equal(fake.lines, 1);
		assert_non_null(strstr(fake.line, "lspci -D"));
	}
	fake_teardown();
}

static void option_unknown_is_invalid(void **state)
{
	static const struct {
		const char *addr, *says;
	} cases[] = {
		{A ",rxq=2", A ": unknown option \"rxq=2\"; there is: verify=off"}, /* of others */
		{A ",", A ": unknown option \"\""},
		{A ",verify", A ": unknown option \"verify\""},
		{A ",verify=off,", A ": unknown option \"\""},
		{A ",Verify=off", A ": unknown option \"Verify=off\""},
		{A ",verify=", A ": verify=: say verify=on, the default, or verify=off"},
		{A ",verify=no", A ": verify=no: say"},
		{A ",verify=offf", A ": verify=offf: say"},
		{A ",verify=of", A ": verify=of: say"},
		{A ",verify=o", A ": verify=o: say"},
		{"01:00.0,x=1,verify=off", A ": unknown option \"x=1\""},
	};

	(void)state;
	fake_setup();
	fake_add(A, 7, "vfio-pci");
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rld_nic *nic;

		fake.lines = 0;
		assert_int_equal(vfio_transport.open(&nic, cases[i].addr), -EINVAL);
		assert_null(nic);
		assert_int_equal(fake.lines, 1);
		assert_memory_equal(fake.line, cases[i].says, strlen(cases[i].says));
	}
	fake_teardown();
}

/* One machine for each row of the table below; A is what is opened. */

static void no_device(void)
{
	fake_add(B, 7, "vfio-pci");
}

static void no_iommu(void)
{
	fake_add(A, 0, "e1000e");
}

static void noiommu_mode(void)
{
	fake_add(A, 7, "vfio-pci");
	fake_write("/sys/bus/pci/devices/" A "/iommu_group/name", "vfio-noiommu\n");
}

static void other_driver(void)
{
	fake_add(A, 7, "e1000e");
}

static void other_driver_no_module(void)
{
	fake_add(A, 7, "e1000e");
	fake_remove("/sys/bus/pci/drivers/vfio-pci/new_id");
	fake_remove("/sys/bus/pci/drivers/vfio-pci");
}

static void no_driver(void)
{
	fake_add(A, 7, NULL);
}

static void healthy(void)
{
	fake_add(A, 7, "vfio-pci");
}

static void iommufd_only(void)
{
	healthy();
	fake_remove("/dev/vfio/7");
	fake_write("/dev/vfio/devices/vfio0", "");
}

static void no_group_file(void)
{
	healthy();
	fake_remove("/dev/vfio/7");
}

static void no_container_file(void)
{
	healthy();
	fake_remove("/dev/vfio/vfio");
}

static void not_viable(void)
{
	healthy();
	fake_add(B, 7, "igb");
	fake_add(C, 7, NULL);
	fake_add("0000:00:1c.0", 7, "pcieport");
	fake_group(7)->not_viable = true;
}

static void in_use(void)
{
	healthy();
	fake_group(7)->opened = true;
}

static void old_api(void)
{
	healthy();
	fake.api_version = 1;
}

static void no_type1v2(void)
{
	healthy();
	fake.type1v2 = 0;
}

static void no_ranges(void)
{
	healthy();
	fake.iova_cap = false;
}

static void empty_ranges(void)
{
	healthy();
	fake.range_count = 0;
}

static void device_gone(void)
{
	fake_set_config16(fake_add(A, 7, "vfio-pci"), PCI_VENDOR_ID, 0xffff);
}

static void bar_of_ports(void)
{
	fake_add(A, 7, "vfio-pci")->bar_mappable = false;
}

static void bar_empty(void)
{
	fake_add(A, 7, "vfio-pci")->bar_bytes = 0;
}

static void bar_huge(void)
{
	fake_add(A, 7, "vfio-pci")->bar_bytes = 1ull << 32;
}

static void open_refused_says_why(void **state)
{
	static const struct {
		void (*machine)(void);
		const char *path; /* whose opening fails with... */
		int path_errno;	  /* ...this */
		unsigned long request;
		int result;
		int err;
		const char *says[3]; /* parts of the line: cause and fix */
	} cases[] = {
		{no_device, .err = -ENODEV, .says = {"no such PCI device", "lspci -D"}},
		{no_iommu, .err = -ENODEV, .says = {"no IOMMU", "intel_iommu=on", "guard mode"}},
		{noiommu_mode, .err = -ENODEV, .says = {"no-IOMMU mode", "refuses", "guard mode"}},
		{other_driver, .err = -EBUSY,
		 .says = {"bound to e1000e",
			  "run as root: cd /sys/bus/pci/devices/" A
			  " && echo vfio-pci > driver_override && echo " A
			  " > driver/unbind && echo " A " > /sys/bus/pci/drivers_probe"}},
		{other_driver_no_module, .err = -EBUSY,
		 .says = {"vfio-pci, which is not loaded",
			  "run as root: modprobe vfio-pci && cd /sys"}},
		{no_driver, .err = -EBUSY,
		 .says = {"bound to no driver", "driver_override && echo " A " > /sys/bus/pci/"}},
		{iommufd_only, .err = -ENODEV, .says = {"no /dev/vfio/7", "CONFIG_VFIO_GROUP=y"}},
		{no_group_file, .err = -ENODEV, .says = {"no /dev/vfio/7", "container"}},
		{no_container_file, .err = -ENODEV,
		 .says = {"no /dev/vfio/vfio", "CONFIG_VFIO_CONTAINER=y"}},
		{healthy, "/dev/vfio/7", EACCES, .err = -EACCES,
		 .says = {"sudo chown $USER /dev/vfio/7"}},
		{healthy, "/dev/vfio/7", EPERM, .err = -EACCES, .says = {"no permission"}},
		{healthy, "/dev/vfio/7", ENODEV, .err = -ENODEV, .says = {"No such device"}},
		{healthy, "/dev/vfio/vfio", EACCES, .err = -EACCES,
		 .says = {"no permission", "sudo chmod 666 /dev/vfio/vfio"}},
		{in_use, .err = -EBUSY, .says = {"another process", "fuser -v /dev/vfio/7"}},
		{not_viable, .err = -EBUSY,
		 .says = {"IOMMU group 7", "hold: " B " (igb);", "driver/unbind"}},
		{old_api, .err = -ENOTSUP, .says = {"version 1"}},
		{no_type1v2, .err = -ENOTSUP, .says = {"type1v2", "modprobe vfio_iommu_type1"}},
		{no_ranges, .err = -ENOTSUP, .says = {"IOVA ranges", "Linux 5.4"}},
		{empty_ranges, .err = -ENOTSUP, .says = {"IOVA ranges"}},
		{healthy, .request = VFIO_SET_IOMMU, .result = -EPERM, .err = -EPERM,
		 .says = {"interrupt remapping"}},
		{healthy, .request = VFIO_GROUP_SET_CONTAINER, .result = -EBUSY, .err = -EBUSY,
		 .says = {"cannot join an address space"}},
		{healthy, .request = VFIO_GROUP_GET_DEVICE_FD, .result = -ENODEV, .err = -ENODEV,
		 .says = {"out of its group"}},
		{device_gone, .err = -ENODEV, .says = {"does not answer"}},
		{bar_of_ports, .err = -ENOTSUP,
		 .says = {"no driver for device 8086:10d3", "BAR 0"}},
		{bar_empty, .err = -ENOTSUP, .says = {"BAR 0 (0 bytes)"}},
		{bar_huge, .err = -ENOTSUP, .says = {"BAR 0"}},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int fds;
		struct rld_nic *nic;
		int err;

		fake_setup();
		cases[i].machine();
		fake.fail_path = cases[i].path;
		fake.fail_errno = cases[i].path_errno;
		fake.fail_request = cases[i].request;
		fake.fail_result = cases[i].result;
		fds = open_fds();
		err = vfio_transport.open(&nic, A);
		if (err != cases[i].err || fake.lines != 1)
			fail_msg("row %u: %d, %u lines: %s", i, err, fake.lines, fake.line);
		assert_null(nic);
		assert_memory_equal(fake.line, A ": ", sizeof(A ": ") - 1);
		for (unsigned int s = 0; s < 3 && cases[i].says[s]; s++) {
			if (!strstr(fake.line, cases[i].says[s]))
				fail_msg("row %u lacks '%s': %s", i, cases[i].says[s], fake.line);
		}
		if (cases[i].machine == in_use)
			fake_group(7)->opened = false;
		assert_nothing_left(fds);
		fake_teardown();
	}
}

static void map_refused_says_why(void **state)
{
	static const struct {
		uint64_t bytes;
		int result;
		rlim_t limit; /* RLIMIT_MEMLOCK */
		int err;
		const char *says;
	} cases[] = {
		/* The limit is the cause. */
		{1 << 20, -ENOMEM, 64 << 10, -ENOMEM, "limited to 64 KiB and 1024 KiB are needed"},
		{1 << 20, -ENOMEM, 64 << 10, -ENOMEM, "run: ulimit -l 1088"},
		/* It is not. */
		{1 << 20, -ENOMEM, RLIM_INFINITY, -ENOMEM, "out of memory"},
		{1 << 20, -ENOSPC, RLIM_INFINITY, -ENOMEM, "dma_entry_limit"},
		{1 << 20, -EFAULT, RLIM_INFINITY, -EFAULT, "Bad address"},
		/* More than an IOMMU of 39 bits translates: the kernel is not even asked. */
		{1ull << 39, 0, RLIM_INFINITY, -ENOMEM, "ends at 0x7fffffffff"},
	};
	void *at = (void *)(1ull << 40);
	struct rlimit old;
	struct rld_nic *nic;

	(void)state;
	fake_setup();
	healthy();
	assert_int_equal(vfio_transport.open(&nic, A), 0);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &old), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlimit limit = {cases[i].limit, old.rlim_max};
		rlb_iova_t dev;

		if (limit.rlim_cur > old.rlim_max)
			limit.rlim_cur = old.rlim_max;
		assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
		fake.fail_request = cases[i].result ? VFIO_IOMMU_MAP_DMA : 0;
		fake.fail_result = cases[i].result;
		fake.lines = 0;
		assert_int_equal(nic->space->map(nic->space, at, cases[i].bytes, 4096, &dev),
				 cases[i].err);
		assert_int_equal(fake.lines, 1);
		if (!strstr(fake.line, cases[i].says))
			fail_msg("row %u lacks '%s': %s", i, cases[i].says, fake.line);
		/* The address went back: the next map gets the first one. */
		fake.fail_request = 0;
		assert_int_equal(nic->space->map(nic->space, at, 4096, 4096, &dev), 0);
		assert_int_equal(dev, 0x1000);
		nic->space->unmap(nic->space, at, 4096, dev);
	}
	setrlimit(RLIMIT_MEMLOCK, &old);
	vfio_transport.close(nic);
	fake_teardown();
}

static void irq_refused_says_why(void **state)
{
	static const struct {
		unsigned int vectors; /* of each kind */
		int result;	      /* of VFIO_DEVICE_SET_IRQS */
		int err;
		const char *says;
	} cases[] = {
		{0, 0, -ENOTSUP, "no interrupt that can be used"},
		{5, -EBUSY, -EBUSY, "cannot enable 5 MSI-X interrupts"},
		/* The system has two vectors left, and says so in place of an error. */
		{5, 2, -ENOSPC, "cannot enable 5 MSI-X interrupts"},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_device *device;
		unsigned int fds;
		struct rld_nic *nic;
		int irq_fds[5];

		fake_setup();
		device = fake_add(A, 7, "vfio-pci");
		assert_int_equal(vfio_transport.open(&nic, A), 0);
		device->irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = cases[i].vectors;
		device->irq_count[VFIO_PCI_MSI_IRQ_INDEX] = cases[i].vectors;
		device->irq_count[VFIO_PCI_INTX_IRQ_INDEX] = cases[i].vectors;
		fake.fail_request = cases[i].result ? VFIO_DEVICE_SET_IRQS : 0;
		fake.fail_result = cases[i].result;
		fds = open_fds();
		assert_int_equal(vfio_transport.irq_open(nic, 5, irq_fds), cases[i].err);
		assert_int_equal(open_fds(), fds);
		assert_int_equal(nic->irq_kind, RLD_IRQ_NONE);
		assert_int_equal(fake.lines, 1);
		assert_non_null(strstr(fake.line, cases[i].says));
		fake.fail_request = 0;
		vfio_transport.close(nic);
		fake_teardown();
	}
}

/* What a program does at its start: two devices, a ring and interrupts. -errno of the first that
 * fails; then all is closed again.
 */
static int bring_up(void)
{
	static const struct rld_ring_conf conf = {.slots = 256,
						  .desc_bytes = 16,
						  .tail_reg = 0x2818,
						  .verify = &e1000_rx_extended_verify,
						  .bytes_max = 2048};
	struct rld_nic *a, *b;
	struct rld_ring ring;
	int fds[5], err, unused;

	err = vfio_transport.open(&a, A);
	if (err)
		return err;
	err = vfio_transport.open(&b, B);
	if (err)
		goto out_a;
	err = vfio_transport.ring_open(a, &conf, &ring);
	if (err)
		goto out_b;
	err = vfio_transport.irq_open(a, 5, fds);
	fake_failed(&unused);
	if (!err)
		vfio_transport.irq_close(a);
	vfio_transport.ring_close(a, &ring);
out_b:
	fake_failed(&unused);
	vfio_transport.close(b);
out_a:
	fake_failed(&unused);
	vfio_transport.close(a);
	return err;
}

/* Calls whose failure changes a hint, or has another way round it. */
static bool can_fail_unseen(const char *call)
{
	static const char *const calls[] = {
		"open /sys/bus/pci/devices/" A "/iommu_group/name",
		"open /sys/bus/pci/devices/" B "/iommu_group/name",
		"open /sys/bus/pci/devices/" A "/numa_node",
		"open /sys/bus/pci/devices/" B "/numa_node",
		"access /sys/bus/pci/drivers/vfio-pci", /* for the hint to load it */
		"ioctl 4", /* VFIO_GROUP_SET_CONTAINER of the second: gets its own container */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(call, calls[i]) == 0)
			return true;
	}
	return false;
}

static void bring_up_fails_cleanly_at_each_call(void **state)
{
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;
	unsigned int k, unseen = 0;

	(void)state;
	opts.page_bytes = 4096;
	for (k = 1;; k++) {
		const char *call;
		struct rlb_mem *mem;
		unsigned int fds;
		int err, expected;

		fake_setup();
		fake_add(A, 7, "vfio-pci");
		fake_add(B, 8, "vfio-pci");
		/* So that a region has to be mapped when the container is made. */
		assert_int_equal(rlb_mem_alloc(&mem, 4096, &opts), 0);
		fake.mmaps = fake.allocations = 0;
		fds = open_fds();
		fake_fail_at(k);
		err = bring_up();
		call = fake_failed(&expected);
		if (call && err == 0) {
			unseen++;
			if (!can_fail_unseen(call))
				fail_msg("call %u, %s, failed unseen", k, call);
			assert_int_equal(fake.lines, 0);
		} else if (call && (err != -expected || fake.lines != 1)) {
			fail_msg("call %u, %s: %d for %d, %u lines: %s", k, call, err, -expected,
				 fake.lines, fake.line);
		}
		assert_nothing_left(fds);
		rlb_mem_free(mem);
		fake_teardown();
		if (!call)
			break;
	}
	print_message("%u calls made to fail, %u of them unseen\n", k - 1, unseen);
	assert_int_equal(unseen, 7);
	assert_true(k > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bdf_malformed_is_invalid),
		cmocka_unit_test(option_unknown_is_invalid),
		cmocka_unit_test(open_refused_says_why),
		cmocka_unit_test(map_refused_says_why),
		cmocka_unit_test(irq_refused_says_why),
		cmocka_unit_test(bring_up_fails_cleanly_at_each_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
