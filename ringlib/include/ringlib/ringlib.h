/* SPDX-License-Identifier: BSD-2-Clause */
/* All of ringlib's public interface. */
#ifndef RINGLIB_H
#define RINGLIB_H

#include <ringlib/base.h>
#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/thread.h>
#include <ringlib/ring.h>
#include <ringlib/pool.h>
#include <ringlib/buf.h>
#include <ringlib/port.h>
#include <ringlib/worker.h>

#endif
