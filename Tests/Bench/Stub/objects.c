// The S3 half, path style: a bucket of generated objects, and buckets that take what they are given.
#define _GNU_SOURCE
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t keysMax = 1000;
static const char *const moment = "Sat, 21 Nov 2026 00:00:00 GMT";

/// The value of a query item, percent-escapes as they came; false if there is none.
static bool queryItem(const Request *request, const char *name, char *value, size_t room) {
  size_t length = strlen(name);
  for (const char *item = request->query; *item;) {
    const char *end = strchrnul(item, '&');
    if (!strncmp(item, name, length) && (item[length] == '=' || item + length == end)) {
      const char *from = item[length] == '=' ? item + length + 1 : end;
      size_t count = (size_t)(end - from) < room ? (size_t)(end - from) : room - 1;
      memcpy(value, from, count);
      value[count] = 0;
      return true;
    }
    item = *end ? end + 1 : end;
  }
  return false;
}

/// The number in `…/obj/00000012`, with the slash as it is or escaped.
static bool objectNumber(const char *path, uint64_t *number) {
  const char *name = strstr(path, "obj");
  if (!name) return false;
  name += 3;
  if (*name == '/') name++;
  else if (!strncasecmp(name, "%2F", 3)) name += 3;
  else return false;
  *number = strtoull(name, NULL, 10);
  return *number < settings.count;
}

static int hexadecimal(char digit) {
  return digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
}

/// The number of the first object whose key comes after an escaped text in byte order.
static uint64_t firstAfter(const char *escaped) {
  char text[256];
  size_t length = 0;
  for (const char *from = escaped; *from && length < sizeof text - 1; from++) {
    bool isEscape = *from == '%' && from[1] && from[2];
    text[length++] = isEscape ? (char)(hexadecimal(from[1]) << 4 | hexadecimal(from[2])) : *from;
    if (isEscape) from += 2;
  }
  text[length] = 0;
  uint64_t low = 0, high = settings.count;
  while (low < high) {
    uint64_t middle = (low + high) / 2;
    char key[32];
    snprintf(key, sizeof key, "obj/%08lu", middle);
    if (strcmp(key, text) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

static void putTag(Buffer *buffer, uint64_t number) {
  putf(buffer, "%016lx%016lx", mixed(number), mixed(~number));
}

static void list(const Request *request, Reply *reply, bool isSource) {
  listsCount++;
  char text[256];
  uint64_t most = keysMax, from = 0, count = 0;
  if (queryItem(request, "max-keys", text, sizeof text)) most = strtoull(text, NULL, 10);
  if (most > keysMax) most = keysMax;
  if (queryItem(request, "continuation-token", text, sizeof text)) from = strtoull(text, NULL, 10);
  else if (queryItem(request, "start-after", text, sizeof text)) from = firstAfter(text);
  Buffer entries = {0};
  bool isFolded = queryItem(request, "delimiter", text, sizeof text) && text[0] &&
                  !(queryItem(request, "prefix", text, sizeof text) && text[0]);
  if (isFolded) {
    // All objects are in one folder; a target that is empty so far has none.
    bool hasAny = isSource && settings.count;
    for (uint64_t number = 0; !hasAny && number < settings.count; number++) {
      hasAny = isMarked(&objectMarks, number);
    }
    if (hasAny) {
      putf(&entries, "<CommonPrefixes><Prefix>obj/</Prefix></CommonPrefixes>");
    }
    from = settings.count;
  }
  uint64_t next = from;
  for (; next < settings.count && count < most; next++) {
    if (!isSource && !isMarked(&objectMarks, next)) continue;
    putf(&entries, "<Contents><Key>obj/%08lu</Key>", next);
    putf(&entries, "<LastModified>2026-11-21T00:00:00.000Z</LastModified><ETag>&quot;");
    putTag(&entries, next);
    putf(&entries, "&quot;</ETag><Size>%zu</Size>", settings.size);
    putf(&entries, "<StorageClass>STANDARD</StorageClass></Contents>");
    count++;
  }
  bool isTruncated = next < settings.count;
  putf(&reply->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>");
  putf(&reply->body, "<KeyCount>%lu</KeyCount><MaxKeys>%lu</MaxKeys><IsTruncated>%s</IsTruncated>",
       count, most, isTruncated ? "true" : "false");
  if (isTruncated) {
    putf(&reply->body, "<NextContinuationToken>%lu</NextContinuationToken>", next);
  }
  if (entries.count) put(&reply->body, entries.bytes, entries.count);
  putf(&reply->body, "</ListBucketResult>");
  putf(&reply->head, "content-type: application/xml\r\n");
  free(entries.bytes);
}

static void putHeaders(Reply *reply, uint64_t number) {
  putf(&reply->head, "etag: \"");
  putTag(&reply->head, number);
  putf(&reply->head, "\"\r\nlast-modified: %s\r\ncontent-type: text/plain\r\n", moment);
}

static void refuse(Reply *reply, const char *code) {
  reply->status = 404;
  putf(&reply->body, "<Error><Code>%s</Code><Message>none</Message></Error>", code);
}

static void missing(Reply *reply) { refuse(reply, "NoSuchKey"); }

void answerObjects(const Request *request, Reply *reply) {
  bool isSource = !strncmp(request->path, "/src", 4);
  const char *key = strchr(request->path + 1, '/');
  bool isBucket = !key || !key[1];
  uint64_t number = 0;
  bool isGet = !strcmp(request->method, "GET");
  if (isBucket && isGet && strstr(request->query, "list-type=2")) {
    list(request, reply, isSource);
  } else if (isBucket && isGet && !strncmp(request->query, "location", 8)) {
    putf(&reply->body, "<LocationConstraint/>");
  } else if (isBucket && isGet && !strncmp(request->query, "object-lock", 11)) {
    refuse(reply, "ObjectLockConfigurationNotFoundError");
  } else if (isBucket && isGet && !strncmp(request->query, "ownershipControls", 17)) {
    refuse(reply, "OwnershipControlsNotFoundError");
  } else if (isBucket && !strcmp(request->method, "HEAD")) {
    putf(&reply->head, "x-amz-bucket-region: us-east-1\r\n");
  } else if (isBucket || !objectNumber(key, &number)) {
    unknownCount++;
    missing(reply);
  } else if (!strcmp(request->method, "PUT")) {
    if (request->source[0]) copiesCount++;
    else putsCount++;
    mark(&objectMarks, number);
    putHeaders(reply, number);
    if (request->source[0]) {
      putf(&reply->body, "<CopyObjectResult><ETag>&quot;");
      putTag(&reply->body, number);
      putf(&reply->body, "&quot;</ETag><LastModified>2026-11-21T00:00:00.000Z</LastModified>");
      putf(&reply->body, "</CopyObjectResult>");
    }
  } else if (!isSource && !isMarked(&objectMarks, number)) {
    missing(reply);
  } else if (isGet) {
    getsCount++;
    putHeaders(reply, number);
    putPattern(&reply->body, number, settings.size);
  } else if (!strcmp(request->method, "HEAD")) {
    headsCount++;
    putHeaders(reply, number);
    reply->length = settings.size;
  } else {
    unknownCount++;
    missing(reply);
  }
}
