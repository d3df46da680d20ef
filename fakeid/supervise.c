/* SPDX-License-Identifier: MIT
 * supervise.c - run the command as a child, in our own process group, so that a terminal treats
 * both as one job. The parent lives on only to keep the daemon and to pass things through.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "again.h"
#include "auto.h"
#include "outside.h"

#define REOPEN_MS 1000 /* between attempts to restart a daemon that will not start */

/* Taken by descriptor instead of by handler. INT and QUIT are among them in order to be ignored:
 * the terminal sends them to the command as well, and it decides. */
static const int taken_signals[] = {SIGCHLD, SIGINT,  SIGQUIT, SIGTERM, SIGHUP,	 SIGUSR1,
				    SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGALRM};

struct child {
	pid_t pid;
	int signal_fd;
	sigset_t old_mask;
	struct sigaction old_chld;
};

int supervise_explain_exec(const char *command, int error, struct trouble *trouble)
{
	if (error == -ENOENT)
		return trouble_set(trouble, error,
				   "command '%s': not found: check its name and PATH", command);
	return trouble_set(trouble, error, "command '%s': cannot run it: %s: check the file",
			   command, strerror(-error));
}

/* Our library puts the session's own variables back at every exec, which is just what another
 * session, or a changed flag, must avoid. */
int supervise_exec(const struct session *session, char **command)
{
	bool past_the_library = session->env_differs || !session->inside;

	if (past_the_library && again_is_needed(session))
		(void)again_exec(command); /* else at least without */
	if (session->env_differs)
		return outside_exec(command);
	(void)execvp(command[0], command);
	return -errno;
}

static void on_early_stop(int number)
{
	(void)number; /* the launcher has it, too, and passes it on */
}

/* Stopped before its exec the child would keep us from seeing that, or anything: a handler ends
 * with the exec. */
static void put_stops_off(void)
{
	static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	struct sigaction action;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		if (sigaction(stops[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
			action.sa_handler = on_early_stop;
			action.sa_flags = SA_RESTART;
			(void)sigaction(stops[i], &action, NULL);
		}
	}
}

static _Noreturn void become_command(const struct session *session, const struct child *child,
				     char **command, bool allow_new_privs, int report_fd)
{
	int error = 0;

	(void)sigaction(SIGCHLD, &child->old_chld, NULL);
	put_stops_off();
	(void)sigprocmask(SIG_SETMASK, &child->old_mask, NULL);
	/* A setuid program would drop the preload and act for real. */
	if (!allow_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		error = errno;
	if (!error)
		error = -supervise_exec(session, command);
	while (write(report_fd, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* The child works in our memory until its exec, while we wait: there is nothing to copy, and what it
 * does there we do not notice. Inside a session the library would: it notes what a process does.
 * NOLINTBEGIN(*Vfork, *.vfork): posix_spawn hands down no ignored SIGCHLD and starts no script
 * without "#!" */
static __attribute__((noinline)) pid_t split(const struct session *session,
					     const struct child *child, char **command,
					     bool allow_new_privs, int report_fd)
{
	pid_t pid = session->inside ? fork() : vfork();

	if (pid == 0)
		become_command(session, child, command, allow_new_privs, report_fd);
	return pid;
}
/* NOLINTEND(*Vfork, *.vfork) */

/* Start the child; the exec's errno comes through a pipe that a good exec closes. */
static int start(const struct session *session, struct child *child, char **command,
		 bool allow_new_privs, struct trouble *trouble)
{
	autoclose int read_fd = -1;
	autoclose int write_fd = -1;
	int ends[2];
	int error = 0;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return trouble_set(trouble, -EAGAIN, "command: cannot start: %s", strerror(errno));

	read_fd = ends[0];
	write_fd = ends[1];
	child->pid = split(session, child, command, allow_new_privs, write_fd);
	if (child->pid < 0)
		return trouble_set(trouble, -EAGAIN, "command: cannot start: %s", strerror(errno));

	auto_close(&write_fd);
	write_fd = -1;
	do
		n = read(read_fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(error) || error == 0)
		return 0;

	(void)waitpid(child->pid, NULL, 0); /* it has ended, and said why */
	return supervise_explain_exec(command[0], -error, trouble);
}

/* A signal from the terminal or the kernel went to the whole group; one from a program only to us.
 * An alarm, which exec hands on, is for the command. Of what came before it began (`early`) it saw
 * nothing. */
static void pass_on(const struct child *child, bool early)
{
	struct signalfd_siginfo info;

	while (read(child->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;
		bool decides = number == SIGINT || number == SIGQUIT;

		if (number != SIGCHLD &&
		    (early || number == SIGALRM || (info.ssi_code <= 0 && !decides)))
			(void)kill(child->pid, number); /* it may just have ended */
	}
}

/* True when the child has ended. A child that a job-control signal stopped takes us along, so that
 * the shell sees the job stop; one stopped by SIGSTOP was meant alone. A daemon that we started is
 * ours to wait for, too. */
static bool reap(const struct child *child, int *ret_status)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != child->pid)
			continue;
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			return true;
		}
		if (WSTOPSIG(status) == SIGTSTP || WSTOPSIG(status) == SIGTTIN ||
		    WSTOPSIG(status) == SIGTTOU) {
			(void)raise(SIGSTOP);
			(void)kill(child->pid, SIGCONT); /* who continued us meant both */
		}
	}
	return false;
}

/* The daemon never speaks first, so whatever can be read is its end. */
static int keep_daemon(struct session *session)
{
	struct trouble ignored; /* told once at the end, by the SYNC that fails */

	return session_reopen(session, false, &ignored) < 0 ? -EIO : 0;
}

static void wait_for_child(struct session *session, const struct child *child, int *ret_status)
{
	bool lost = false;

	pass_on(child, true);
	while (!reap(child, ret_status)) {
		struct pollfd wait[2] = {{.fd = child->signal_fd, .events = POLLIN},
					 {.fd = lost ? -1 : session->fd, .events = POLLIN}};
		int n = poll(wait, 2, lost ? REOPEN_MS : -1);

		pass_on(child, false);
		if (n == 0 || (n > 0 && wait[1].revents))
			lost = keep_daemon(session) < 0;
	}
}

/* What came until now was the command's. Whoever ends us while we wait for the daemon means us; USR1
 * and USR2 are hardly meant to. */
static void stop_taking(const struct child *child)
{
	struct signalfd_siginfo info;
	sigset_t mask = child->old_mask;

	while (read(child->signal_fd, &info, sizeof(info)) == sizeof(info))
		;
	(void)close(child->signal_fd);
	(void)sigaddset(&mask, SIGUSR1);
	(void)sigaddset(&mask, SIGUSR2);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

int supervise_run(struct session *session, char **command, bool allow_new_privs, int *ret_status,
		  struct trouble *trouble)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	struct child child;
	sigset_t taken;
	int r;

	(void)sigemptyset(&taken);
	for (size_t i = 0; i < sizeof(taken_signals) / sizeof(taken_signals[0]); i++)
		(void)sigaddset(&taken, taken_signals[i]);
	/* A parent that ignores SIGCHLD handed that down to us; then there would be no status to
	 * wait for. */
	(void)sigaction(SIGCHLD, &plain, &child.old_chld);
	(void)sigprocmask(SIG_BLOCK, &taken, &child.old_mask);

	child.signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child.signal_fd < 0)
		return trouble_set(trouble, -EAGAIN, "command: cannot start: %s", strerror(errno));

	r = start(session, &child, command, allow_new_privs, trouble);
	if (r == 0)
		wait_for_child(session, &child, ret_status);
	stop_taking(&child);
	return r;
}

_Noreturn void supervise_end_as(int status)
{
	const struct rlimit none = {0, 0};
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	sigset_t set;

	if (!number)
		_exit(WEXITSTATUS(status));

	(void)setrlimit(RLIMIT_CORE, &none); /* the core that matters is the command's */
	(void)signal(number, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)kill(getpid(), number);
	_exit(128 + number); /* a signal that does not kill after all */
}
