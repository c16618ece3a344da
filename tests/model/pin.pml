/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a pin: pages that a process registers, descriptors that name them, a device that
 * reads them, and the four ways in which it all ends: completion, unregister, process exit, module
 * unbind. README.md says what is modelled and what is not.
 *
 * Each BUG_ switch breaks one step of the protocol; run.py shows that the checker finds it.
 */
#define PAGES	2
#define PACKETS 2 /* that the ring holds */
#ifndef OPS
#define OPS 3 /* calls that the process's threads make, together */
#endif
#define NONE PAGES /* as the second page: a packet of one fragment */

/* What the module knows, under the queue's lock. */
bool pinned[PAGES];
byte held[PAGES + 1];		       /* descriptors in flight that name the page */
chan done = [PACKETS] of { byte, byte } /* written back, not reclaimed yet */
bool dead;			       /* the owner is ending */

/* What keeps the module's parts apart. */
bool queue_lock, device_lock;
bool gone;   /* unbind has begun: nobody enters any more */
byte inside; /* calls in the module */
bool freed;  /* the queue's memory was given back */

/* The device. */
chan ring = [PACKETS] of { byte, byte } /* packets that it owns, oldest first */
byte owned[PAGES + 1];			/* ghost: its descriptors that name the page */
bool stop;				/* it was told to stop */
bool idle;				/* it has */
bool bus = true;			/* it may reach memory */

byte calls;
bool exited, unbound;
#ifdef BUG_FRAGMENT_RELEASED
bool released; /* the first fragment of the packet at hand */
#endif

/* Locks lie in the queue and the device: taking one that was freed is a use after free. */
#define LOCK_QUEUE    atomic { !queue_lock -> assert(!freed); queue_lock = true }
#define UNLOCK_QUEUE  queue_lock = false
#define LOCK_DEVICE   atomic { !device_lock -> device_lock = true }
#define UNLOCK_DEVICE device_lock = false

/* The theorem, at the only places where it can become false: an unpin, and a post. */
inline unpin(p)
{
	atomic {
		assert(!bus || owned[p] == 0);
		pinned[p] = false
	}
}

inline post(p)
{
	assert(p == NONE || pinned[p]);
	owned[p]++;
	held[p]++
}

inline touch(p)
{
	assert(p == NONE || !bus || pinned[p])
}

inline reclaim()
{
	atomic {
		do
		:: nempty(done) -> done?a, b; held[a]--; held[b]--
		:: empty(done) -> a = 0; b = 0; break
		od
	}
}

inline pick(p)
{
	atomic {
		if
		:: p = 0
		:: p = 1
		fi
	}
}

/* One packet of one or two fragments. */
inline doorbell()
{
	atomic {
		LOCK_QUEUE;
		pick(a);
		if
		:: b = NONE
		:: b = 1 - a
		:: b = a
		fi
	}
	if
	:: atomic {
#ifndef BUG_DOORBELL_IGNORES_EXIT
		!dead &&
#endif
		pinned[a] && (b == NONE || pinned[b]) &&
			len(ring) + len(done) < PACKETS -> skip }
#ifdef BUG_DOORBELL_UNLOCKS
		UNLOCK_QUEUE;
		LOCK_QUEUE;
#endif
		atomic { post(a); post(b); ring!a, b }
	:: else
	fi;
	atomic { UNLOCK_QUEUE; a = 0; b = 0 }
}

inline unregister()
{
	LOCK_QUEUE;
	reclaim();
	pick(a);
	if
#ifdef BUG_UNREGISTER_IGNORES_FLIGHT
	:: pinned[a] -> unpin(a)
#else
	:: pinned[a] && held[a] == 0 -> unpin(a) /* else -EBUSY */
#endif
	:: else
	fi;
	atomic { UNLOCK_QUEUE; a = 0 }
}

inline register()
{
	atomic { LOCK_QUEUE; pick(a) }
	if
#ifdef BUG_REGISTER_IGNORES_EXIT
	:: !pinned[a] -> assert(!exited); pinned[a] = true
#else
	:: !pinned[a] && !dead -> assert(!exited); pinned[a] = true /* nobody would unpin it */
#endif
	:: else
	fi;
	atomic { UNLOCK_QUEUE; a = 0 }
}

/* A thread of the process, or its poller: calls in any order. */
proctype thread()
{
	byte a, b;

	do
	:: atomic { calls < OPS -> calls++ }
		if
		:: atomic { !gone -> inside++ }
			if
			:: doorbell()
			:: unregister()
			:: register()
			:: LOCK_QUEUE; reclaim(); UNLOCK_QUEUE
			fi;
			inside--
		:: gone /* -ENODEV */
		fi
	:: break
	od
}

/* The oldest packet: its fragments in order, and all of them again at its end. */
proctype device()
{
	byte a, b;
	bool stuck;

end_wait:
	if
	:: atomic { stop && !stuck && !idle -> idle = true; goto end_idle }
	:: atomic { stop && !stuck -> stuck = true; goto end_wait } /* it does not stop when told */
	:: atomic { bus && nempty(ring) && (!stop || stuck) -> ring?<a, b> }
	:: atomic { !bus -> goto end_idle }
	fi;
	touch(a);
#ifdef BUG_FRAGMENT_RELEASED
	/* A fragment's own done bit is believed. */
	atomic {
		if
		:: bus && b != NONE -> held[a]--; released = true
		:: else
		fi
	};
#endif
	touch(b);
#ifdef BUG_DONE_EARLY
	atomic {
		if
		:: bus -> ring?a, b; done!a, b
		:: else -> goto end_idle
		fi
	};
#endif
	touch(a);
	atomic {
		if
		:: bus ->
#ifndef BUG_DONE_EARLY
			ring?a, b;
#ifdef BUG_FRAGMENT_RELEASED
			done!(released -> NONE : a), b;
			released = false;
#else
			done!a, b;
#endif
#endif
			owned[a]--;
			owned[b]--;
			a = 0;
			b = 0
		:: else -> goto end_idle
		fi
	};
	goto end_wait;
end_idle:
	false
}

/*
 * On return the device touches no memory. The wait is bounded: when it is over (or at any time
 * before, for all that the model knows) the device loses the bus.
 */
inline quiesce()
{
	stop = true;
#ifndef BUG_QUIESCE_DOES_NOT_WAIT
	if
	:: idle
#ifndef BUG_QUIESCE_WAITS_FOREVER
	:: bus = false
#endif
	fi;
#endif
	/* What it will not send any more. */
	atomic {
#ifdef BUG_FRAGMENT_RELEASED
		if
		:: released -> ring?<a, b>; held[a]++; released = false
		:: else
		fi;
#endif
		do
		:: nempty(ring) -> ring?a, b; held[a]--; held[b]--; owned[a]--; owned[b]--
		:: empty(ring) -> a = 0; b = 0; break
		od
	}
}

inline unpin_all()
{
	atomic {
		do
		:: a < PAGES ->
			if
			:: pinned[a] -> unpin(a)
			:: else
			fi;
			a++
		:: else -> a = 0; break
		od
	}
}

/* The last of the process: its memory space ends, in whatever its threads or poller are. */
proctype exit()
{
	byte a, b;

#ifdef BUG_EXIT_LOCK_ORDER
	LOCK_QUEUE;
	LOCK_DEVICE;
	UNLOCK_QUEUE;
#else
	LOCK_DEVICE;
#endif
	if
	:: !freed ->
		LOCK_QUEUE;
		dead = true;
		UNLOCK_QUEUE;
#ifdef BUG_EXIT_UNPINS_FIRST
		LOCK_QUEUE;
		unpin_all();
		UNLOCK_QUEUE;
#endif
		quiesce();
		LOCK_QUEUE;
		reclaim();
		unpin_all();
		UNLOCK_QUEUE
	:: else
	fi;
	exited = true;
	UNLOCK_DEVICE
}

/* The module lets go of the device. */
proctype unbind()
{
	byte a, b;

	gone = true;
#ifndef BUG_UNBIND_DOES_NOT_WAIT
	inside == 0;
#endif
	LOCK_DEVICE;
	LOCK_QUEUE;
	dead = true;
	UNLOCK_QUEUE;
	quiesce();
	LOCK_QUEUE;
	reclaim();
	unpin_all();
	freed = true;
	UNLOCK_QUEUE;
	unbound = true;
	UNLOCK_DEVICE
}

/* Nothing is left when all is over, and nothing was counted twice. */
proctype last()
{
	atomic {
		exited && unbound && inside == 0 ->
		assert(!pinned[0] && !pinned[1]);
		assert(held[0] == 0 && held[1] == 0)
	}
}

init {
	atomic {
		pinned[0] = true;
		pinned[1] = true;
		run device();
		run thread();
		run thread();
		run exit();
		run unbind();
		run last()
	}
}
