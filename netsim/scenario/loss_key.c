// SPDX-License-Identifier: GPL-2.0-only
/* The kind of value of `loss`: a model's name and its figures. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <congctl/units.h>

#include "keys.h"

/* A word of `text` up to the next space or comma; what follows, or NULL: there is none. */
static const char *next_word(const char *text, char *word, size_t size)
{
	size_t n;

	text += strspn(text, " ,");
	n = strcspn(text, " ,");
	if (!n || n >= size)
		return NULL;
	memcpy(word, text, n);
	word[n] = '\0';
	return text + n;
}

static int read_periodic(const char *text, struct loss_config *loss)
{
	int ret = congctl_parse_u64(text, &loss->period);

	loss->kind = LOSS_PERIODIC;
	if (ret)
		return ret;
	return loss->period < 2 || loss->period > 1000000000 ? -ERANGE : 0;
}

/* P R [BAD [GOOD]], in the bad state all is lost unless it says otherwise, in the good state nothing */
static int read_gilbert_elliott(const char *text, struct loss_config *loss)
{
	double *const figures[] = {&loss->p, &loss->r, &loss->loss_bad, &loss->loss_good};
	char word[32];
	size_t n = 0;

	loss->kind = LOSS_GILBERT_ELLIOTT;
	loss->loss_bad = 1;
	for (; text[strspn(text, " ")]; n++) {
		text = n < 4 ? next_word(text, word, sizeof(word)) : NULL;
		if (!text || congctl_parse_probability(word, figures[n]))
			return -EINVAL;
	}
	if (n < 2)
		return -EINVAL;
	return loss->p > 0 && loss->r > 0 ? 0 : -ERANGE; /* else it stays in one state for ever */
}

static int read_numbers(const char *text, struct loss_config *loss)
{
	char word[32];

	loss->kind = LOSS_NUMBERS;
	while (text[strspn(text, " ,")]) {
		uint64_t *number = &loss->numbers[loss->n_numbers];

		if (loss->n_numbers == LOSS_MAX_NUMBERS)
			return -ERANGE;
		text = next_word(text, word, sizeof(word));
		if (!text || congctl_parse_u64(word, number))
			return -EINVAL;
		if (!*number || (loss->n_numbers && *number <= number[-1]))
			return -ERANGE;
		loss->n_numbers++;
	}
	return loss->n_numbers ? 0 : -EINVAL;
}

static int read_bernoulli(const char *text, struct loss_config *loss)
{
	int ret = congctl_parse_probability(text, &loss->probability);

	if (loss->probability > 0)
		loss->kind = LOSS_BERNOULLI;
	return !ret && loss->probability >= 1 ? -ERANGE : ret;
}

static int read_loss(const struct scenario_key *key, const char *text, void *field)
{
	static const struct {
		const char *name;
		int (*read)(const char *text, struct loss_config *loss);
	} models[] = {{"periodic ", read_periodic}, {"gilbert-elliott ", read_gilbert_elliott}, {"packets ", read_numbers}};
	int (*read)(const char *text, struct loss_config *loss) = read_bernoulli;
	struct loss_config loss;
	int ret;

	memset(&loss, 0, sizeof(loss));
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (strncmp(text, models[i].name, strlen(models[i].name)))
			continue;
		read = models[i].read;
		text += strlen(models[i].name);
		break;
	}
	ret = read(text, &loss);
	if (!ret)
		memcpy(field, &loss, sizeof(loss));
	return ret;
}

static void write_figures(const char *name, const double *figures[], size_t n, FILE *f)
{
	fputs(name, f);
	for (size_t i = 0; i < n; i++) {
		putc(' ', f);
		scenario_write_exact(*figures[i], f);
	}
}

static void write_loss(const struct scenario_key *key, const void *field, FILE *f)
{
	const struct loss_config *loss = field;
	const double *figures[] = {&loss->p, &loss->r, &loss->loss_bad, &loss->loss_good};

	switch (loss->kind) {
	case LOSS_PERIODIC:
		fprintf(f, "periodic %" PRIu64, loss->period);
		break;
	case LOSS_GILBERT_ELLIOTT:
		write_figures("gilbert-elliott", figures, 4, f);
		break;
	case LOSS_NUMBERS:
		fputs("\"packets", f);
		for (size_t i = 0; i < loss->n_numbers; i++)
			fprintf(f, "%s%" PRIu64, i ? "," : " ", loss->numbers[i]);
		putc('"', f);
		break;
	default:
		scenario_write_exact(loss->probability, f);
	}
}

const struct key_kind kind_loss = {"a probability of loss", "0.01%", read_loss, write_loss, NULL, NULL};
