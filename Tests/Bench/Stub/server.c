// A fast server that speaks as much of DynamoDB and S3 as a copy needs; for Scripts/bench only.
//
//   BenchServer PORT COUNT SIZE [UNPROCESSED-PER-MILLE [THROTTLED-PER-MILLE]]
//
// Tables and buckets whose names begin with "src" hold COUNT generated items or objects of SIZE bytes;
// the others hold what was written to them, checked on arrival against what it should be. No
// signatures, no TLS. GET /stats tells the counters, GET /reset empties the targets.
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

Settings settings;
Marks itemMarks, objectMarks, valueMarks;
#define DEFINE(name) _Atomic uint64_t name##Count;
COUNTERS(DEFINE)
#undef DEFINE

static uint32_t crcTables[8][256];
static char pattern[65536];
static _Atomic uint64_t randomState = 0x9E3779B97F4A7C15u;

void put(Buffer *buffer, const void *bytes, size_t count) {
  if (buffer->count + count > buffer->room) {
    buffer->room = (buffer->count + count) * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->room);
    if (!buffer->bytes) abort();
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

void putf(Buffer *buffer, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (count > 0) put(buffer, text, (size_t)count < sizeof text ? (size_t)count : sizeof text - 1);
}

bool mark(Marks *marks, uint64_t number) {
  if (number >= marks->count) return false;
  atomic_fetch_or(&marks->words[number / 64], UINT64_C(1) << (number % 64));
  return true;
}

bool isMarked(Marks *marks, uint64_t number) {
  return number < marks->count && marks->words[number / 64] >> (number % 64) & 1;
}

uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

uint64_t randomNumber(void) {
  return mixed(atomic_fetch_add(&randomState, UINT64_C(0x9E3779B97F4A7C15)));
}

void putPattern(Buffer *buffer, uint64_t number, size_t count) {
  size_t offset = mixed(number) % sizeof pattern;
  while (count > 0) {
    size_t part = sizeof pattern - offset < count ? sizeof pattern - offset : count;
    put(buffer, pattern + offset, part);
    count -= part;
    offset = 0;
  }
}

static void prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
    crcTables[0][byte] = value;
  }
  for (int table = 1; table < 8; table++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t value = crcTables[table - 1][byte];
      crcTables[table][byte] = value >> 8 ^ crcTables[0][value & 255];
    }
  }
  for (size_t index = 0; index < sizeof pattern; index++) {
    pattern[index] = "abcdefghijklmnopqrstuvwxyz0123456789"[mixed(index) % 36];
  }
  itemMarks.count = objectMarks.count = settings.count;
  valueMarks.count = settings.count * fieldsCount;
  Marks *all[] = {&itemMarks, &objectMarks, &valueMarks};
  for (size_t index = 0; index < 3; index++) {
    all[index]->words = calloc(all[index]->count / 64 + 1, sizeof(uint64_t));
  }
}

static uint32_t checksum(const char *bytes, size_t count) {
  uint32_t value = ~0u;
  while (count >= 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= value;
    value = crcTables[7][low & 255] ^ crcTables[6][low >> 8 & 255] ^ crcTables[5][low >> 16 & 255] ^
            crcTables[4][low >> 24] ^ crcTables[3][high & 255] ^ crcTables[2][high >> 8 & 255] ^
            crcTables[1][high >> 16 & 255] ^ crcTables[0][high >> 24];
    bytes += 8;
    count -= 8;
  }
  while (count-- > 0) value = value >> 8 ^ crcTables[0][(value ^ (unsigned char)*bytes++) & 255];
  return ~value;
}

static uint64_t counted(Marks *marks) {
  uint64_t sum = 0;
  for (uint64_t word = 0; word <= marks->count / 64; word++) {
    sum += (uint64_t)__builtin_popcountll(marks->words[word]);
  }
  return sum;
}

static void answerStats(Reply *reply) {
  putf(&reply->body, "{\"distinctItems\":%lu,\"distinctObjects\":%lu,\"distinctValues\":%lu",
       counted(&itemMarks), counted(&objectMarks), counted(&valueMarks));
#define TELL(name) putf(&reply->body, ",\"" #name "\":%lu", (unsigned long)name##Count);
  COUNTERS(TELL)
#undef TELL
  put(&reply->body, "}", 1);
}

static void reset(void) {
#define CLEAR(name) name##Count = 0;
  COUNTERS(CLEAR)
#undef CLEAR
  Marks *all[] = {&itemMarks, &objectMarks, &valueMarks};
  for (size_t index = 0; index < 3; index++) {
    for (uint64_t word = 0; word <= all[index]->count / 64; word++) all[index]->words[word] = 0;
  }
}

static void copyText(char *to, size_t room, const char *from, size_t count) {
  if (count >= room) count = room - 1;
  memcpy(to, from, count);
  to[count] = 0;
}

/// Reads the head of a request; false if it is none.
static bool readHead(char *head, Request *request, bool *expects, bool *closes) {
  char *end = strstr(head, "\r\n");
  char *space = memchr(head, ' ', (size_t)(end - head));
  if (!space) return false;
  copyText(request->method, sizeof request->method, head, (size_t)(space - head));
  char *path = space + 1;
  char *stop = memchr(path, ' ', (size_t)(end - path));
  if (!stop) return false;
  char *mark = memchr(path, '?', (size_t)(stop - path));
  copyText(request->path, sizeof request->path, path, (size_t)((mark ? mark : stop) - path));
  if (mark) copyText(request->query, sizeof request->query, mark + 1, (size_t)(stop - mark - 1));
  for (char *line = end + 2; (end = strstr(line, "\r\n")) && end > line; line = end + 2) {
    char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon) continue;
    char *value = colon + 1;
    while (*value == ' ') value++;
    size_t name = (size_t)(colon - line), length = (size_t)(end - value);
#define IS(text) (name == sizeof text - 1 && !strncasecmp(line, text, name))
    if (IS("content-length")) request->length = strtoul(value, NULL, 10);
    if (IS("x-amz-target")) copyText(request->target, sizeof request->target, value, length);
    if (IS("x-amz-copy-source")) copyText(request->source, sizeof request->source, value, length);
    if (IS("range")) copyText(request->range, sizeof request->range, value, length);
    if (IS("expect")) *expects = true;
    if (IS("connection") && !strncasecmp(value, "close", 5)) *closes = true;
#undef IS
  }
  return true;
}

static bool sendAll(int socket, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    count -= (size_t)sent;
  }
  return true;
}

static bool answer(int socket, const Request *request, Reply *reply) {
  requestsCount++;
  reply->status = 200;
  reply->head.count = reply->body.count = reply->length = 0;
  bool isTable = request->target[0] != 0;
  if (!strcmp(request->path, "/stats")) answerStats(reply);
  else if (!strcmp(request->path, "/reset")) reset();
  else if (isTable) answerDynamo(request, reply);
  else answerObjects(request, reply);
  if (isTable) putf(&reply->head, "x-amz-crc32: %u\r\n", checksum(reply->body.bytes, reply->body.count));
  bool isHead = !strcmp(request->method, "HEAD");
  char head[512];
  int count = snprintf(
      head, sizeof head, "HTTP/1.1 %d -\r\ncontent-length: %zu\r\nx-amzn-requestid: bench\r\n",
      reply->status, isHead ? reply->length : reply->body.count);
  put(&reply->head, "\r\n", 2);
  return sendAll(socket, head, (size_t)count) &&
         sendAll(socket, reply->head.bytes, reply->head.count) &&
         (isHead || sendAll(socket, reply->body.bytes, reply->body.count));
}

static void *serve(void *context) {
  int socket = (int)(intptr_t)context;
  connectionsCount++;
  Buffer input = {0};
  Reply reply = {0};
  char block[65536];
  while (true) {
    char *end;
    while (put(&input, "", 1), input.count--, !(end = strstr(input.bytes, "\r\n\r\n"))) {
      ssize_t count = recv(socket, block, sizeof block, 0);
      if (count <= 0) goto over;
      put(&input, block, (size_t)count);
    }
    Request request = {0};
    bool expects = false, closes = false;
    end[2] = 0;
    if (!readHead(input.bytes, &request, &expects, &closes)) break;
    size_t head = (size_t)(end - input.bytes) + 4;
    if (expects && !sendAll(socket, "HTTP/1.1 100 Continue\r\n\r\n", 25)) break;
    while (input.count < head + request.length) {
      ssize_t count = recv(socket, block, sizeof block, 0);
      if (count <= 0) goto over;
      put(&input, block, (size_t)count);
    }
    request.body = input.bytes + head;
    if (!answer(socket, &request, &reply) || closes) break;
    size_t used = head + request.length;
    memmove(input.bytes, input.bytes + used, input.count - used);
    input.count -= used;
  }
over:
  close(socket);
  free(input.bytes);
  free(reply.head.bytes);
  free(reply.body.bytes);
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: BenchServer PORT COUNT SIZE [UNPROCESSED [THROTTLED]]\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  settings.count = strtoull(arguments[2], NULL, 10);
  settings.size = strtoul(arguments[3], NULL, 10);
  settings.unprocessed = count > 4 ? (unsigned)atoi(arguments[4]) : 0;
  settings.throttled = count > 5 ? (unsigned)atoi(arguments[5]) : 0;
  prepare();
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) {
    perror("BenchServer");
    return 1;
  }
  printf("ready\n");
  fflush(stdout);
  while (true) {
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) continue;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)socket)) close(socket);
    else pthread_detach(thread);
  }
}
