#include "perception/label.h"

#include <math.h>

#include "logs/status.h"

const char *const label_names[LABEL_COUNT] = {"nothing", "floor", "wall", "obstacle", "person",
                                              "keepout", "glass", "door", "sign"};

void label_tally_add(struct label_tally *tally, const uint8_t *truth, const uint8_t *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ASSERT(truth[i] < LABEL_COUNT && seen[i] < LABEL_COUNT);
        tally->pixels[truth[i]][seen[i]]++;
    }
}

double label_iou(const struct label_tally *tally, enum label label)
{
    uint64_t is = 0, taken = 0, both = tally->pixels[label][label];
    for (int i = 0; i < LABEL_COUNT; i++) {
        is += tally->pixels[label][i];
        taken += tally->pixels[i][label];
    }
    return is ? (double)both / (double)(is + taken - both) : (double)NAN;
}

double label_mean_iou(const struct label_tally *tally)
{
    double sum = 0, count = 0;
    for (int i = 0; i < LABEL_COUNT; i++) {
        double iou = label_iou(tally, (enum label)i);
        sum += isnan(iou) ? 0 : iou;
        count += !isnan(iou);
    }
    return sum / count;
}

double label_accuracy(const struct label_tally *tally)
{
    uint64_t right = 0, all = 0;
    for (int i = 0; i < LABEL_COUNT; i++)
        for (int k = 0; k < LABEL_COUNT; k++) {
            all += tally->pixels[i][k];
            right += i == k ? tally->pixels[i][k] : 0;
        }
    return (double)right / (double)all;
}
