// SPDX-License-Identifier: GPL-2.0-only
/* BTF that would lead a reader astray is refused before anybody follows it. */
#include <errno.h>

#include "unit.h"
#include "../../loader/lib/btf_check.h"

static struct btf *btf;
static int integer;

static void begin(void)
{
	btf = btf__new_empty();
	CU_ASSERT_PTR_NOT_NULL_FATAL(btf);
	integer = btf__add_int(btf, "int", 4, 0);
	CU_ASSERT_EQUAL_FATAL(btf_check(btf), 0);
}

static void end(int wanted)
{
	CU_ASSERT_EQUAL(btf_check(btf), wanted);
	btf__free(btf);
}

/* the types may be changed in place: this is how damage looks */
static struct btf_type *type(int id)
{
	return (struct btf_type *)btf__type_by_id(btf, id);
}

static void sound_btf_is_taken(void)
{
	int s, var;

	begin();
	s = btf__add_struct(btf, "s", 8);
	btf__add_field(btf, "next", btf__add_ptr(btf, s), 0, 0); /* a circle through a pointer is no harm */
	btf__add_typedef(btf, "t", btf__add_const(btf, integer));
	var = btf__add_var(btf, "v", BTF_VAR_GLOBAL_ALLOCATED, integer);
	btf__add_decl_tag(btf, "tag", var, -1);
	btf__add_datasec(btf, ".data", 4);
	btf__add_datasec_var_info(btf, var, 0, 4);
	end(0);
}

static void a_circle_of_modifiers_is_refused(void)
{
	int first, second;

	begin();
	first = btf__add_typedef(btf, "a", integer);
	second = btf__add_const(btf, first);
	type(first)->type = second;
	end(-EINVAL);
}

static void a_reference_past_the_end_is_refused(void)
{
	int ids[5];

	for (int i = 0; i < 5; i++) {
		begin();
		ids[0] = btf__add_ptr(btf, integer);
		ids[1] = btf__add_typedef(btf, "t", integer);
		ids[2] = btf__add_var(btf, "v", BTF_VAR_STATIC, integer);
		ids[3] = btf__add_func_proto(btf, integer);
		ids[4] = btf__add_func(btf, "f", BTF_FUNC_GLOBAL, ids[3]);
		CU_ASSERT_EQUAL(btf_check(btf), 0);
		type(ids[i])->type = 99;
		end(-EINVAL);
	}
}

static void a_name_past_the_end_is_refused(void)
{
	begin();
	type(integer)->name_off = 0xffffff;
	end(-EINVAL);
}

static void a_section_of_anything_but_variables_is_refused(void)
{
	begin();
	btf__add_datasec(btf, ".struct_ops", 4);
	btf__add_datasec_var_info(btf, integer, 0, 4);
	end(-EINVAL);
}

static void a_member_of_no_type_is_refused(void)
{
	int s;

	begin();
	s = btf__add_struct(btf, "s", 8);
	btf__add_field(btf, "m", integer, 0, 0);
	btf_members(type(s))[0].type = 99;
	end(-EINVAL);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"sound BTF is taken", sound_btf_is_taken},
		{"a circle of modifiers is refused", a_circle_of_modifiers_is_refused},
		{"a reference past the end is refused", a_reference_past_the_end_is_refused},
		{"a name past the end is refused", a_name_past_the_end_is_refused},
		{"a section of anything but variables is refused", a_section_of_anything_but_variables_is_refused},
		{"a member of no type is refused", a_member_of_no_type_is_refused},
		CU_TEST_INFO_NULL,
	};

	return unit_run("btf_check", tests);
}
