/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For provers only: a table that stayed as it was between two points of a program. */
#ifndef RLV_KEPT_H
#define RLV_KEPT_H

#include "verifier/rlv_table.h"

/*@
  predicate region_kept{A, B}(struct rlv_region *r) =
	\at(r->base, A) == \at(r->base, B) && \at(r->bytes, A) == \at(r->bytes, B) &&
	\at(r->dev, A) == \at(r->dev, B) && \at(r->page, A) == \at(r->page, B) &&
	\at(r->pages, A) == \at(r->pages, B) && \at(r->rank, A) == \at(r->rank, B) &&
	\at(r->perm, A) == \at(r->perm, B) && \at(r->shift, A) == \at(r->shift, B);

  predicate head_kept{A, B}(struct rlv_table *t) =
	\at(t->key, A) == \at(t->key, B) && \at(t->capacity, A) == \at(t->capacity, B) &&
	\at(t->count, A) == \at(t->count, B) && \at(t->region, A) == \at(t->region, B) &&
	\at(t->order, A) == \at(t->order, B);

  predicate regions_kept{A, B}(struct rlv_table *t) =
	\forall integer h; 0 <= h < \at(t->capacity, A) ==>
		region_kept{A, B}(\at(t->region, A) + h);

  predicate order_kept{A, B}(struct rlv_table *t) =
	\forall integer i; 0 <= i < \at(t->capacity, A) ==>
		\at(t->order[i], A) == \at(t->order[i], B);

  predicate pages_kept{A, B}(struct rlv_table *t) =
	\forall integer h, i; rlv_live{A}(t, h) &&
		\at(t->region[h].shift, A) != RLV_CONTIGUOUS &&
		0 <= i < \at(t->region[h].pages, A) ==>
		\at(t->region[h].page[i], A) == \at(t->region[h].page[i], B);

  predicate valid_kept{A, B}(struct rlv_table *t) =
	\valid_read{B}(\at(t->region, A) + (0 .. \at(t->capacity, A) - 1)) &&
	\valid_read{B}(\at(t->order, A) + (0 .. \at(t->capacity, A) - 1)) &&
	(\forall integer h; rlv_live{A}(t, h) &&
		\at(t->region[h].shift, A) != RLV_CONTIGUOUS ==>
		\valid_read{B}(\at(t->region[h].page, A) +
				(0 .. \at(t->region[h].pages, A) - 1)));

  predicate table_kept{A, B}(struct rlv_table *t) =
	head_kept{A, B}(t) && regions_kept{A, B}(t) && order_kept{A, B}(t) &&
	pages_kept{A, B}(t) && valid_kept{A, B}(t);

  lemma regions_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && regions_kept{B, C}(t) ==>
	regions_kept{A, C}(t);

  lemma order_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && order_kept{A, B}(t) && order_kept{B, C}(t) ==>
	order_kept{A, C}(t);

  lemma pages_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && pages_kept{A, B}(t) &&
	pages_kept{B, C}(t) ==> pages_kept{A, C}(t);

  lemma valid_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && valid_kept{B, C}(t) ==>
	valid_kept{A, C}(t);

  lemma kept_both{A, B, C}: \forall struct rlv_table *t;
	rlv_wf{A}(t) && table_kept{A, B}(t) && table_kept{B, C}(t) ==> table_kept{A, C}(t);

  lemma kept_live{A, B}: \forall struct rlv_table *t, integer h;
	table_kept{A, B}(t) ==> (rlv_live{A}(t, h) <==> rlv_live{B}(t, h));

  lemma kept_shape{A, B}: \forall struct rlv_table *t, integer h;
	rlv_live{A}(t, h) && table_kept{A, B}(t) && rlv_shape{A}(\at(t->region, A) + h) ==>
	rlv_shape{B}(\at(t->region, B) + h);

  lemma kept_listed{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_listed{A}(t) ==> rlv_listed{B}(t);

  lemma kept_ranked{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_ranked{A}(t) ==> rlv_ranked{B}(t);

  lemma kept_entry{A, B}: \forall struct rlv_table *t, integer i;
	table_kept{A, B}(t) && rlv_memory{A}(t) && rlv_listed{A}(t) && 0 <= i < \at(t->count, A) ==>
	\at(t->order[i], A) == \at(t->order[i], B) &&
	\at(t->region[t->order[i]].base, A) == \at(t->region[t->order[i]].base, B) &&
	\at(t->region[t->order[i]].bytes, A) == \at(t->region[t->order[i]].bytes, B);

  lemma kept_ascending{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_listed{A}(t) && rlv_ascending{A}(t) ==> rlv_ascending{B}(t);

  lemma kept_guard{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_guard{A}(t) ==> rlv_guard{B}(t);

  lemma kept_memory{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) ==> rlv_memory{B}(t);

  lemma kept_wf{A, B}: \forall struct rlv_table *t;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==> rlv_wf{B}(t);
*/

#endif
