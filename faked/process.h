/* SPDX-License-Identifier: MIT
 * process.h - the daemon as a process of its own. What fails here leaves things as they are, and the
 * daemon serves all the same.
 */
#ifndef FAKED_PROCESS_H
#define FAKED_PROCESS_H

/* Where 0, 1 or 2 is closed a file of ours would get its number, and what is meant for stderr. */
void process_fill_descriptors(void);

/* The user's limits are for the user's command. A soft limit on file size or address space would
 * fail the store in odd places. */
void process_lift_limits(void);

/* TERM goes to `on_stop` and ends a poll; nothing else that a terminal or a broken lease sends ends
 * us. */
void process_catch_signals(void (*on_stop)(int));

/* A session of its own, and no descriptor but /dev/null as 0 to 2 and `keep_fd`, above them. */
void process_leave_terminal(int keep_fd);

#endif
