// Metadata of VAMS 2.3, generated, and the table of 2.4 that its values go to, which checks them.
#define _GNU_SOURCE
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t pageBytesMax = 1 << 20;
static const size_t textBytes = 40;

bool isMetadata(const Request *request) {
  return memmem(request->body, request->length, "metadata\"", 9) != NULL;
}

static bool isOld(const Request *request) {
  return memmem(request->body, request->length, "\"oldmetadata\"", 13) != NULL;
}

static void putOld(Buffer *buffer, uint64_t number) {
  putf(buffer, "{\"assetId\":{\"S\":\"a%010lu\"},\"databaseId\":{\"S\":\"db\"},\"f0\":{\"S\":\"", number);
  putPattern(buffer, number, textBytes);
  putf(buffer, "\"},\"f1\":{\"S\":\"");
  putPattern(buffer, number + 1, textBytes);
  putf(buffer, "\"},\"f2\":{\"N\":\"%lu\"},\"f3\":{\"BOOL\":true},", number);
  putf(buffer, "\"f4\":{\"L\":[{\"S\":\"x\"},{\"N\":\"%lu\"}]}}", number);
}

/// The value of one field, its attributes in the order of their names.
static void putNew(Buffer *buffer, uint64_t row) {
  static const char *const types[fieldsCount] = {"string", "string", "number", "boolean", "json"};
  uint64_t number = row / fieldsCount, field = row % fieldsCount;
  putf(buffer,
       "{\"databaseId:assetId\":{\"S\":\"db:a%010lu\"},\"databaseId:assetId:filePath\":{\"S\":"
       "\"db:a%010lu:/\"},\"metadataKey\":{\"S\":\"f%lu\"},\"metadataValue\":{\"S\":\"",
       number, number, field);
  if (field < 2) putPattern(buffer, number + field, textBytes);
  else if (field == 2) putf(buffer, "%lu", number);
  else if (field == 3) putf(buffer, "true");
  else putf(buffer, "[\\\"x\\\",%lu]", number);
  putf(buffer, "\"},\"metadataValueType\":{\"S\":\"%s\"}}", types[field]);
}

static uint64_t numberBehind(const Request *request, const char *words, uint64_t fallback) {
  const char *found = memmem(request->body, request->length, words, strlen(words));
  if (!found) return fallback;
  found += strlen(words);
  while (*found == ' ' || *found == ':') found++;
  return strtoull(found, NULL, 10);
}

/// The row that a key or an item between these places is of; UINT64_MAX for none.
static uint64_t rowAt(const char *place, const char *end) {
  const char *asset = memmem(place, (size_t)(end - place), "db:a", 4);
  const char *key = memmem(place, (size_t)(end - place), "\"metadataKey\"", 13);
  const char *field = key ? memmem(key + 13, (size_t)(end - key - 13), "\"f", 2) : NULL;
  if (!asset || !field) return UINT64_MAX;
  return strtoull(asset + 4, NULL, 10) * fieldsCount + strtoull(field + 2, NULL, 10);
}

static void scan(const Request *request, Reply *reply) {
  scansCount++;
  bool old = isOld(request);
  uint64_t segment = numberBehind(request, "\"Segment\"", 0);
  uint64_t segments = numberBehind(request, "\"TotalSegments\"", 1);
  uint64_t limit = numberBehind(request, "\"Limit\"", UINT64_MAX);
  uint64_t step = old ? 1 : fieldsCount;
  uint64_t from = settings.count * segment / segments * step;
  uint64_t to = settings.count * (segment + 1) / segments * step;
  const char *end = request->body + request->length;
  const char *start = memmem(request->body, request->length, "\"ExclusiveStartKey\"", 19);
  if (start && old) {
    const char *key = memmem(start, (size_t)(end - start), "\"a0", 3);
    if (key) from = strtoull(key + 2, NULL, 10) + 1;
  } else if (start) {
    from = rowAt(start, end) + 1;
  }
  Buffer *body = &reply->body;
  put(body, "{\"Items\":[", 10);
  uint64_t count = 0, next = from;
  for (; next < to && count < limit && body->count < pageBytesMax; next++) {
    if (!old && !isMarked(&valueMarks, next)) continue;
    if (count++ > 0) put(body, ",", 1);
    if (old) putOld(body, next);
    else putNew(body, next);
  }
  scannedCount += count;
  if (old) sourcedCount += count;
  putf(body, "],\"Count\":%lu,\"ScannedCount\":%lu", count, count);
  if (next < to && old) {
    putf(body, ",\"LastEvaluatedKey\":{\"assetId\":{\"S\":\"a%010lu\"},\"databaseId\":{\"S\":\"db\"}}",
         next - 1);
  } else if (next < to) {
    putf(body,
         ",\"LastEvaluatedKey\":{\"databaseId:assetId:filePath\":{\"S\":\"db:a%010lu:/\"},"
         "\"metadataKey\":{\"S\":\"f%lu\"}}",
         (next - 1) / fieldsCount, (next - 1) % fieldsCount);
  }
  put(body, "}", 1);
}

/// Whether two texts of JSON are the same but for white space between tokens.
static bool isAlike(const char *text, const char *end, const Buffer *wanted) {
  bool isText = false;
  for (size_t index = 0; index < wanted->count; text++) {
    if (text >= end) return false;
    if (!isText && *text == ' ') continue;
    if (*text != wanted->bytes[index]) return false;
    // What is escaped within a text is a quote or a backslash here.
    if (*text == '"' && (index == 0 || wanted->bytes[index - 1] != '\\')) isText = !isText;
    index++;
  }
  return true;
}

static void write(const Request *request) {
  const char *place = request->body, *end = request->body + request->length;
  Buffer wanted = {0};
  while ((place = memmem(place, (size_t)(end - place), "\"Item\"", 6))) {
    place += 6;
    while (place < end && *place != '{') place++;
    const char *next = memmem(place, (size_t)(end - place), "\"Item\"", 6);
    uint64_t row = rowAt(place, next ? next : end);
    itemsCount++;
    wanted.count = 0;
    if (row != UINT64_MAX) putNew(&wanted, row);
    if (row == UINT64_MAX || !isAlike(place, end, &wanted) || !mark(&valueMarks, row)) {
      wrongItemsCount++;
    }
  }
  free(wanted.bytes);
}

static void batchGet(const Request *request, Reply *reply) {
  getsCount++;
  const char *place = request->body, *end = request->body + request->length;
  bool isFirst = true;
  putf(&reply->body, "{\"Responses\":{\"newmetadata\":[");
  while ((place = memmem(place, (size_t)(end - place), "db:a", 4))) {
    uint64_t row = rowAt(place, end);
    place += 4;
    if (row == UINT64_MAX || !isMarked(&valueMarks, row)) continue;
    if (!isFirst) put(&reply->body, ",", 1);
    putNew(&reply->body, row);
    isFirst = false;
  }
  putf(&reply->body, "]},\"UnprocessedKeys\":{}}");
}

static void describe(const Request *request, Reply *reply) {
  bool old = isOld(request);
  const char *hash = old ? "databaseId" : "metadataKey";
  const char *range = old ? "assetId" : "databaseId:assetId:filePath";
  putf(&reply->body,
       "{\"Table\":{\"TableStatus\":\"ACTIVE\",\"ItemCount\":%lu,\"TableSizeBytes\":%lu,"
       "\"KeySchema\":[{\"AttributeName\":\"%s\",\"KeyType\":\"HASH\"},"
       "{\"AttributeName\":\"%s\",\"KeyType\":\"RANGE\"}],"
       "\"AttributeDefinitions\":[{\"AttributeName\":\"%s\",\"AttributeType\":\"S\"},"
       "{\"AttributeName\":\"%s\",\"AttributeType\":\"S\"}],"
       "\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\"}}}",
       old ? settings.count : 0, old ? settings.count * 250 : 0, hash, range, hash, range);
}

bool answerMetadata(const char *operation, const Request *request, Reply *reply) {
  if (!strcmp(operation, "Scan")) {
    scan(request, reply);
  } else if (!strcmp(operation, "BatchWriteItem")) {
    batchesCount++;
    write(request);
    putf(&reply->body, "{\"UnprocessedItems\":{}}");
  } else if (!strcmp(operation, "PutItem")) {
    write(request);
    putf(&reply->body, "{}");
  } else if (!strcmp(operation, "BatchGetItem")) {
    batchGet(request, reply);
  } else if (!strcmp(operation, "GetItem")) {
    getsCount++;
    put(&reply->body, "{}", 2);
  } else if (!strcmp(operation, "DescribeTable")) {
    describe(request, reply);
  } else {
    return false;
  }
  return true;
}
