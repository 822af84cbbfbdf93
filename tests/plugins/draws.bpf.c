// SPDX-License-Identifier: GPL-2.0-only
/* Writes down what the host gives it: a random number and the time. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
MINIMAL_CONG_AVOID

void CC_OP(draws_init, struct sock *sk)
{
	tcp_sk(sk)->prior_cwnd = cc_random_below(1000000);
	tcp_sk(sk)->prior_ssthresh = (u32)cc_clock_us();
}

REGISTER(draws, .init = draws_init, .cong_avoid = minimal_cong_avoid);
