/* SPDX-License-Identifier: MIT
 * spellings.c - start `id -u` through one named call of libc, with an environment that has nothing in
 * it: what id prints tells whether the new program is inside the session.
 *
 *     spellings list          the names, one a line
 *     spellings NAME          by that call
 *     spellings arguments     execl with 300 arguments; prints how many arrived
 *     spellings shell COMMAND by system, then by popen; prints both exit statuses
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#define ID "/usr/bin/id"

static char *const argv_id[] = {(char *)"id", (char *)"-u", NULL};
static char *const no_env[] = {NULL};

/* -- calls that return only on failure -- */

static int by_execve(void)
{
	return execve(ID, argv_id, no_env);
}

static int by_execve_null(void)
{
	char *const *volatile none = NULL;

	return execve(ID, argv_id, none);
}

static int by_execv(void)
{
	return execv(ID, argv_id);
}

static int by_execvp(void)
{
	return execvp("id", argv_id);
}

static int by_execvpe(void)
{
	return execvpe("id", argv_id, no_env);
}

static int by_execl(void)
{
	return execl(ID, "id", "-u", (char *)NULL);
}

static int by_execlp(void)
{
	return execlp("id", "id", "-u", (char *)NULL);
}

static int by_execle(void)
{
	return execle(ID, "id", "-u", (char *)NULL, no_env);
}

static int by_fexecve(void)
{
	return fexecve(open(ID, O_RDONLY | O_CLOEXEC), argv_id, no_env);
}

static int by_execveat(void)
{
	return execveat(open("/usr/bin", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "id", argv_id, no_env,
			0);
}

static int by_syscall_execve(void)
{
	return (int)syscall(SYS_execve, ID, argv_id, no_env);
}

static int by_syscall_execveat(void)
{
	return (int)syscall(SYS_execveat, AT_FDCWD, ID, argv_id, no_env, 0);
}

/* -- calls that come back -- */

static int reaped(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int by_posix_spawn(void)
{
	pid_t pid;

	return posix_spawn(&pid, ID, NULL, NULL, argv_id, no_env) ? -1 : reaped(pid);
}

static int by_posix_spawnp(void)
{
	pid_t pid;

	return posix_spawnp(&pid, "id", NULL, NULL, argv_id, no_env) ? -1 : reaped(pid);
}

/* Looked up at run time, as programs do that shall also run on glibc before 2.39. */
static int by_pidfd(const char *name, const char *path)
{
	int (*spawn)(int *, const char *, const posix_spawn_file_actions_t *,
		     const posix_spawnattr_t *, char *const[], char *const[]);
	void *found = dlsym(RTLD_DEFAULT, name);
	siginfo_t info;
	int fd = -1;

	if (!found)
		return -1;

	memcpy(&spawn, &found, sizeof(spawn));
	if (spawn(&fd, path, NULL, NULL, argv_id, no_env) != 0)
		return -1;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED) != 0)
		return -1;
	return info.si_code == CLD_EXITED ? info.si_status : -1;
}

static int by_pidfd_spawn(void)
{
	return by_pidfd("pidfd_spawn", ID);
}

static int by_pidfd_spawnp(void)
{
	return by_pidfd("pidfd_spawnp", "id");
}

static int by_system(void)
{
	return system(ID " -u");
}

static int popen_and_show(const char *command)
{
	char line[64];
	FILE *stream = popen(command, "re");

	if (!stream)
		return -1;
	while (fgets(line, sizeof(line), stream))
		fputs(line, stdout);
	return pclose(stream);
}

static int by_popen(void)
{
	return popen_and_show(ID " -u");
}

static int by_shells(const char *command)
{
	int first = system(command), second = popen_and_show(command);

	printf("%d %d\n", WEXITSTATUS(first), WEXITSTATUS(second));
	return 0;
}

static int by_wordexp(void)
{
	wordexp_t words;

	if (wordexp("$(" ID " -u)", &words, 0) != 0)
		return -1;
	for (size_t i = 0; i < words.we_wordc; i++)
		puts(words.we_wordv[i]);
	wordfree(&words);
	return 0;
}

/* wordexp sets the variable, so libc makes a new list of the environment meanwhile. */
static int by_wordexp_assign(void)
{
	wordexp_t words;
	const char *value;

	if (wordexp("${NEW:=$(" ID " -u)}", &words, 0) != 0)
		return -1;
	wordfree(&words);
	value = getenv("NEW");
	if (!value || puts(value) < 0 || unsetenv("NEW") != 0 || setenv("NEWER", "1", 1) != 0)
		return -1;
	return strcmp(getenv("NEWER"), "1");
}

static int by_vfork_execve(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve(ID, argv_id, no_env);
		_exit(127);
	}
	return pid < 0 ? -1 : reaped(pid);
}

static int by_fork_execv(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(ID, argv_id);
		_exit(127);
	}
	return pid < 0 ? -1 : reaped(pid);
}

#define TEN "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"
#define HUNDRED TEN, TEN, TEN, TEN, TEN, TEN, TEN, TEN, TEN, TEN

static int by_many_arguments(void)
{
	return execl("/bin/sh", "sh", "-c", "echo $#; " ID " -u", "sh", HUNDRED, HUNDRED, HUNDRED,
		     (char *)NULL);
}

static const struct {
	const char *name;
	int (*run)(void);
} calls[] = {
	{"execve", by_execve},
	{"execve-null", by_execve_null},
	{"execv", by_execv},
	{"execvp", by_execvp},
	{"execvpe", by_execvpe},
	{"execl", by_execl},
	{"execlp", by_execlp},
	{"execle", by_execle},
	{"fexecve", by_fexecve},
	{"execveat", by_execveat},
	{"syscall-execve", by_syscall_execve},
	{"syscall-execveat", by_syscall_execveat},
	{"posix_spawn", by_posix_spawn},
	{"posix_spawnp", by_posix_spawnp},
	{"pidfd_spawn", by_pidfd_spawn},
	{"pidfd_spawnp", by_pidfd_spawnp},
	{"system", by_system},
	{"popen", by_popen},
	{"wordexp", by_wordexp},
	{"wordexp-assign", by_wordexp_assign},
	{"vfork-execve", by_vfork_execve},
	{"fork-execv", by_fork_execv},
};

#define CALLS_N (sizeof(calls) / sizeof(calls[0]))

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "shell") == 0)
		return clearenv() ? 2 : by_shells(argv[2]);
	if (argc != 2)
		return 2;

	if (strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < CALLS_N; i++)
			puts(calls[i].name);
		return 0;
	}
	if (clearenv() != 0)
		return 2;
	if (strcmp(argv[1], "arguments") == 0)
		return by_many_arguments() ? 1 : 0;
	for (size_t i = 0; i < CALLS_N; i++) {
		if (strcmp(argv[1], calls[i].name) == 0)
			return calls[i].run() == 0 ? 0 : 1;
	}
	return 2;
}
