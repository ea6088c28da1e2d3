#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int clinux_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}

short clinux_spawn_new_session(void) { return POSIX_SPAWN_SETSID; }

ssize_t clinux_copy_file_range(int from, int to, size_t count) {
  return copy_file_range(from, NULL, to, NULL, count, 0);
}

int clinux_open_beneath(int folder, const char *path, int flags, mode_t mode, int follows) {
  struct open_how how = {0};
  how.flags = (unsigned)flags;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | (follows ? RESOLVE_NO_MAGICLINKS : RESOLVE_NO_SYMLINKS);
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

int clinux_path_flag(void) { return O_PATH; }

int clinux_sync_file_system(int file) { return syncfs(file); }

static sem_t bell;
static void (*bell_heard)(void);

// In a handler, little more is allowed than this; see signal-safety(7).
static void ring(int signal) {
  int kept = errno;
  (void)signal;
  sem_post(&bell);
  errno = kept;
}

static void *answer_bell(void *unused) {
  (void)unused;
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
  for (;;) {
    if (sem_wait(&bell) == 0) bell_heard();
  }
  return NULL;
}

int clinux_listen(void (*heard)(void)) {
  bell_heard = heard;
  if (sem_init(&bell, 0, 0) != 0) return errno;
  pthread_t thread;
  int code = pthread_create(&thread, NULL, answer_bell, NULL);
  if (code == 0) pthread_detach(thread);
  return code;
}

int clinux_hear(int signal) {
  struct sigaction action = {0};
  action.sa_handler = ring;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(signal, &action, NULL);
}
