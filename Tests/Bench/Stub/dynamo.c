// The DynamoDB half: a table of generated items, and tables that check what they are given.
#define _GNU_SOURCE
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A page holds 1 MB of items, as DynamoDB's does.
static const size_t pageBytesMax = 1 << 20;

static void putItem(Buffer *buffer, uint64_t number) {
  putf(buffer, "{\"n\":{\"N\":\"%lu\"},\"pk\":{\"S\":\"k%010lu\"},\"v\":{\"S\":\"", number, number);
  putPattern(buffer, number, settings.size > 32 ? settings.size - 32 : 0);
  put(buffer, "\"}}", 3);
}

/// The text or number behind `"name":`, wherever it stands first; NULL if nowhere.
static const char *member(const Request *request, const char *name) {
  char quoted[64];
  int count = snprintf(quoted, sizeof quoted, "\"%s\"", name);
  const char *found = memmem(request->body, request->length, quoted, (size_t)count);
  if (!found) return NULL;
  found += count;
  const char *end = request->body + request->length;
  while (found < end && (*found == ' ' || *found == ':')) found++;
  return found < end ? found : NULL;
}

static uint64_t number(const Request *request, const char *name, uint64_t fallback) {
  const char *found = member(request, name);
  return found ? strtoull(found, NULL, 10) : fallback;
}

static void scan(const Request *request, Reply *reply) {
  scansCount++;
  const char *table = member(request, "TableName");
  bool isSource = table && !strncmp(table, "\"src", 4);
  uint64_t segment = number(request, "Segment", 0), segments = number(request, "TotalSegments", 1);
  uint64_t limit = number(request, "Limit", UINT64_MAX);
  uint64_t from = settings.count * segment / segments, to = settings.count * (segment + 1) / segments;
  const char *start = member(request, "ExclusiveStartKey");
  if (start) {
    const char *key = memmem(start, (size_t)(request->body + request->length - start), "\"k", 2);
    if (key) from = strtoull(key + 2, NULL, 10) + 1;
  }
  Buffer *body = &reply->body;
  put(body, "{\"Items\":[", 10);
  uint64_t count = 0, next = from;
  size_t bytes = 0;
  for (; next < to && count < limit && bytes < pageBytesMax; next++) {
    if (!isSource && !isMarked(&itemMarks, next)) continue;
    if (count > 0) put(body, ",", 1);
    putItem(body, next);
    count++;
    bytes += settings.size;
  }
  scannedCount += count;
  putf(body, "],\"Count\":%lu,\"ScannedCount\":%lu", count, count);
  if (next < to) putf(body, ",\"LastEvaluatedKey\":{\"pk\":{\"S\":\"k%010lu\"}}", next - 1);
  put(body, "}", 1);
}

/// Takes one item whose text begins at `*place`, and moves behind it.
///
/// White space between tokens is passed over, so that other clients' texts are understood too; the
/// order of attributes must be the source's.
static bool take(const char **place, const char *end, Buffer *wanted) {
  const char *text = *place;
  const char *key = memmem(text, (size_t)(end - text), "\"k", 2);
  if (!key) return false;
  uint64_t item = strtoull(key + 2, NULL, 10);
  wanted->count = 0;
  putItem(wanted, item);
  size_t index = 0;
  bool isText = false;
  while (text < end && index < wanted->count) {
    if (!isText && *text == ' ') {
      text++;
      continue;
    }
    if (*text != wanted->bytes[index]) return false;
    if (*text == '"') isText = !isText;
    text++;
    index++;
  }
  *place = text;
  itemsCount++;
  return index == wanted->count && mark(&itemMarks, item);
}

static void batchWrite(const Request *request, Reply *reply) {
  batchesCount++;
  const char *place = request->body, *end = request->body + request->length;
  const char *name = member(request, "RequestItems");
  while (name && name < end && *name != '"') name++;
  const char *nameEnd = name ? memchr(name + 1, '"', (size_t)(end - name - 1)) : NULL;
  Buffer wanted = {0}, left = {0};
  while ((place = memmem(place, (size_t)(end - place), "\"Item\"", 6))) {
    place += 6;
    while (place < end && *place != '{') place++;
    const char *item = place;
    bool isLeft = settings.unprocessed && randomNumber() % 1000 < settings.unprocessed;
    if (isLeft) {
      const char *key = memmem(item, (size_t)(end - item), "\"k", 2);
      if (!key) break;
      unprocessedCount++;
      put(&left, left.count ? "," : "", left.count ? 1 : 0);
      putf(&left, "{\"PutRequest\":{\"Item\":");
      putItem(&left, strtoull(key + 2, NULL, 10));
      put(&left, "}}", 2);
      place = key + 2;
    } else if (!take(&place, end, &wanted)) {
      wrongItemsCount++;
    }
  }
  put(&reply->body, "{\"UnprocessedItems\":{", 21);
  if (left.count && nameEnd) {
    put(&reply->body, name, (size_t)(nameEnd - name + 1));
    put(&reply->body, ":[", 2);
    put(&reply->body, left.bytes, left.count);
    put(&reply->body, "]", 1);
  }
  put(&reply->body, "}}", 2);
  free(wanted.bytes);
  free(left.bytes);
}

static void putOne(const Request *request, Reply *reply) {
  Buffer wanted = {0};
  const char *end = request->body + request->length;
  const char *place = member(request, "Item");
  if (!place || !take(&place, end, &wanted)) wrongItemsCount++;
  free(wanted.bytes);
  put(&reply->body, "{}", 2);
}

static void describe(const Request *request, Reply *reply) {
  const char *table = member(request, "TableName");
  bool isSource = table && !strncmp(table, "\"src", 4);
  uint64_t count = isSource ? settings.count : 0;
  putf(&reply->body,
       "{\"Table\":{\"TableStatus\":\"ACTIVE\",\"ItemCount\":%lu,\"TableSizeBytes\":%lu,"
       "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],"
       "\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"}],"
       "\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\"}}}",
       count, count * settings.size);
}

void answerDynamo(const Request *request, Reply *reply) {
  const char *operation = strchr(request->target, '.');
  operation = operation ? operation + 1 : "";
  if (settings.throttled && strncmp(operation, "Describe", 8) &&
      randomNumber() % 1000 < settings.throttled) {
    throttledCount++;
    reply->status = 400;
    putf(&reply->body, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                       "ProvisionedThroughputExceededException\",\"message\":\"too fast\"}");
  } else if (isMetadata(request) && answerMetadata(operation, request, reply)) {
    return;
  } else if (!strcmp(operation, "Scan")) {
    scan(request, reply);
  } else if (!strcmp(operation, "BatchWriteItem")) {
    batchWrite(request, reply);
  } else if (!strcmp(operation, "PutItem")) {
    putOne(request, reply);
  } else if (!strcmp(operation, "DescribeTable")) {
    describe(request, reply);
  } else if (!strcmp(operation, "DescribeTimeToLive")) {
    putf(&reply->body, "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}");
  } else if (!strcmp(operation, "DescribeContinuousBackups")) {
    putf(&reply->body, "{\"ContinuousBackupsDescription\":{\"ContinuousBackupsStatus\":\"ENABLED\"}}");
  } else {
    unknownCount++;
    reply->status = 400;
    putf(&reply->body, "{\"__type\":\"UnknownOperationException\"}");
  }
}
