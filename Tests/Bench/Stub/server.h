// What the two halves of the bench server share: requests, replies, counters.
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that grow.
typedef struct {
  char *bytes;
  size_t count, room;
} Buffer;

void put(Buffer *buffer, const void *bytes, size_t count);
void putf(Buffer *buffer, const char *format, ...);

typedef struct {
  char method[8];
  char path[2048];    // percent-escapes as they came
  char query[4096];
  char target[128];   // X-Amz-Target
  char source[2048];  // x-amz-copy-source
  char range[64];
  const char *body;
  size_t length;
} Request;

typedef struct {
  int status;
  Buffer head;  // further header lines
  Buffer body;
  size_t length;  // told instead of the body's, for HEAD
} Reply;

typedef struct {
  uint64_t count;       // items and objects of a source
  size_t size;          // bytes of each
  unsigned unprocessed;  // items in a thousand that a batch leaves
  unsigned throttled;    // requests in a thousand that are refused
} Settings;

extern Settings settings;

#define COUNTERS(X) \
  X(requests) X(connections) X(scans) X(scanned) X(sourced) X(batches) X(items) X(wrongItems) \
  X(unprocessed) X(throttled) X(lists) X(heads) X(gets) X(puts) X(copies) X(deletes) X(unknown)
#define DECLARE(name) extern _Atomic uint64_t name##Count;
COUNTERS(DECLARE)
#undef DECLARE

/// Which of the numbers 0 to count - 1 arrived.
typedef struct {
  _Atomic uint64_t *words;
  uint64_t count;
} Marks;

/// Of items, of objects, and of the values that metadata has.
extern Marks itemMarks, objectMarks, valueMarks;
enum { fieldsCount = 5 };
bool mark(Marks *marks, uint64_t number);
bool isMarked(Marks *marks, uint64_t number);

uint64_t randomNumber(void);
uint64_t mixed(uint64_t number);
/// `count` letters that belong to a number.
void putPattern(Buffer *buffer, uint64_t number, size_t count);

/// Answers for the tables of metadata; false for an operation that they do not know.
bool answerMetadata(const char *operation, const Request *request, Reply *reply);
bool isMetadata(const Request *request);

void answerDynamo(const Request *request, Reply *reply);
void answerObjects(const Request *request, Reply *reply);

#endif
