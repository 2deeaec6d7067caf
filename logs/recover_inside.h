/* logs/recover_inside.h - what the parts of recover share. Internal to logs/recover*.c.
 *
 *   recover_scan.c   which bytes are records, and where to go on when they are not
 *   recover_take.c   what is done with a record: definitions, messages, losses, the new log
 *   recover.c        opening, the sidecar, the end */
#ifndef LOGS_RECOVER_INSIDE_H
#define LOGS_RECOVER_INSIDE_H

#include "logs/memory.h"
#include "logs/records.h"
#include "logs/recover.h"

struct recover_channel {
    uint16_t schema_id;
    char *topic, *encoding;
    struct mcap_pair *metadata;
    size_t metadata_count;
    uint16_t out;     /* id in the new log; 0: no message yet */
    size_t report;    /* its topic there */
    bool started, jumped; /* jumped: the last message made a gap, which it alone may have imagined */
    uint32_t before;      /* the sequence before the jump */
};

struct recover_schema {
    uint16_t id, out;
    char *name, *encoding;
    struct records_text data;
};

struct recover {
    struct recover_report *report;
    struct mcap_writer *writer;
    struct arena arena, scratch;
    struct recover_channel *channels[UINT16_MAX + 1];
    struct recover_schema *schemas[UINT16_MAX + 1];
    size_t definition_bytes;
    struct mcap_codec codec;
    struct bytes unpacked;
    int64_t last_ns;       /* log time of the last message */
    size_t losses_open;    /* losses from here on wait for the next message's time */
};

/* --- taking ----------------------------------------------------------------------------------------------------- */
void recover_take_schema(struct recover *recover, struct cursor body); /* the first of an id counts */
void recover_take_channel(struct recover *recover, struct cursor body);
/* All definitions among these records. */
void recover_take_definitions(struct recover *recover, struct cursor records);
/* Its channel must be known. */
void recover_take_message(struct recover *recover, struct cursor body, bool verified);
bool recover_take_attachment(struct recover *recover, struct cursor body); /* false: damaged */
bool recover_take_metadata(struct recover *recover, struct cursor body);
/* `what` lives as long as the report. */
void recover_take_loss(struct recover *recover, bool beside, uint64_t offset, uint64_t bytes, const char *what);

/* --- scanning --------------------------------------------------------------------------------------------------- */
/* All records of the file from byte 8 to `end`. */
void recover_scan_file(struct recover *recover, struct records_source *source, uint64_t end);

#endif
