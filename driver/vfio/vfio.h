/* SPDX-License-Identifier: BSD-2-Clause */
/* The VFIO transport: a PCI device that its IOMMU confines to what this process has mapped. */
#ifndef VFIO_TRANSPORT_H
#define VFIO_TRANSPORT_H

#include "driver/driver.h"

/*
 * Addresses are "0000:01:00.0", or "01:00.0" in domain 0000. The device has to be bound to
 * vfio-pci and to stand behind an IOMMU: VFIO's no-IOMMU mode is refused.
 * Source: Linux, Documentation/driver-api/vfio.rst and include/uapi/linux/vfio.h (6.1).
 */
extern const struct rld_transport vfio_transport;

#endif
