// Calls that glibc declares only under _GNU_SOURCE, which the module that Swift imports does not
// set. Each is the C function of the same name.
#ifndef CLINUX_H
#define CLINUX_H

#include <spawn.h>
#include <stdint.h>
#include <sys/types.h>

int clinux_pipe2(int ends[2], int flags);

int clinux_pidfd_open(pid_t pid);
int clinux_pidfd_send_signal(int pidfd, int signal);

int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int clinux_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder);
// The flag that puts the child into a session of its own.
short clinux_spawn_new_session(void);

// openat2(2) that stays below `folder`; without `follows` it passes through no symbolic link.
int clinux_open_beneath(int folder, const char *path, int flags, mode_t mode, int follows);
// Opens only to name a file, as fstat(2) and the at-calls need it.
int clinux_path_flag(void);
int clinux_sync_file_system(int file);

ssize_t clinux_copy_file_range(int from, int to, size_t count);

// Starts a thread that calls `heard` for each signal that was given to clinux_hear; once only.
//
// A process may inherit blocked signals, and the threads of Dispatch block all of theirs: without a
// thread of its own, none might be left that a signal can be delivered to.
int clinux_listen(void (*heard)(void));
int clinux_hear(int signal);

#endif
