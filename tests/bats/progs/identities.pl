# SPDX-License-Identifier: MIT
# Perl's own ways to ids and files, in one identity after the other: prints what each gives.
use strict;
use warnings;
use Fcntl;
use File::Copy ();
use File::Path;
use File::Temp;
use POSIX ();

$| = 1;
umask 022;

sub show {
	my ($what, $result) = @_;

	print "$what ", $result ? "ok" : "errno " . ($! + 0), "\n";
	$! = 0;
}

sub seen {
	my ($path) = @_;
	my @st = lstat $path;

	@st ? printf "%s %o %d:%d\n", ref $path ? "it" : $path, @st[2, 4, 5] : print "$path none\n";
}

sub ids {
	print "ids $< $> ($() ($)) ", join(",", POSIX::getuid(), POSIX::geteuid(), POSIX::getgid(),
		POSIX::getegid(), POSIX::getgroups()), "\n";
	$! = 0;
}

sub answers {
	join " ", map { defined $_ ? $_ || 0 : "-" } @_;
}

sub make {
	mkdir "p";
	mkdir "p/team";
	mkdir "t";
	chmod 01777, "t";
	for (["p/secret", 0, 0, 0600], ["p/read", 1000, 0, 0644], ["p/team/f", 3000, 2000, 0640]) {
		my ($path, $uid, $gid, $mode) = @$_;

		open my $file, ">", $path or die;
		print $file "text\n";
		close $file;
		chown $uid, $gid, $path;
		chmod $mode, $path;
	}
	chown 0, 2000, "p/team";
	chmod 0750, "p/team";
}

sub filetests {
	for my $f ("p/secret", "p/read", "p/team", "p/team/f", "p", "none") {
		print "$f by mode ", answers(-r $f, -w $f, -x $f, -o $f, -R $f, -W $f, -X $f, -O $f), "\n";
		print "$f is ", answers(-e $f, -d $f, -f $f, -u $f, -g $f, -k $f, -s $f ? 1 : 0), "\n";
		{
			use filetest 'access';
			print "$f by access ", answers(-r $f, -w $f, -x $f, -R $f, -W $f, -X $f), "\n";
		}
		show("access $_", POSIX::access($f, $_)) for 0, 1, 2, 4;
		show("open", open(my $read, "<", $f));
		show("open for both", sysopen(my $both, $f, O_RDWR));
		show("truncate", truncate($f, 5));
		show("chmod", chmod((stat $f)[2] & 07777, $f)) if -e $f;
		show("chown", chown(-1, 2000, $f));
		show("chown to oneself", chown($>, -1, $f));
		show("utime now", utime(undef, undef, $f));
		show("utime", utime(5, 6, $f));
		show("opendir", opendir(my $dir, $f));
	}
}

sub files_of_ones_own {
	my ($d) = @_;

	show("mkdir", mkdir($d, 02775));
	show("chmod", chmod(02775, $d));
	show("mkdir", mkdir("$d/s"));
	show("mkfifo", POSIX::mkfifo("$d/fifo", 0640));
	show("open", open(my $file, ">", "$d/f"));
	show("write", syswrite($file, "x"));
	show("fchown", chown(-1, 2000, $file));
	show("fchown", chown(7, 7, $file));
	show("fchmod", chmod(06755, $file));
	seen($_) for $d, "$d/s", "$d/fifo", "$d/f";
	show("chown", chown(-1, 2000, "$d/f"));
	seen("$d/f");
	show("truncate", truncate($file, 0));
	seen("$d/f");
	close $file;
	show("link", link("$d/f", "$d/l"));
	show("link", link("p/secret", "$d/l2"));
	show("symlink", symlink("f", "$d/sl"));
	seen("$d/sl");
	show("rename", rename("$d/l", "$d/l3"));
	show("rename", rename("p/team", "$d/r"));
	rename("$d/r", "p/team");
	show("unlink", unlink("$d/l3"));
	show("unlink", unlink("p/none"));
	show("rmdir", rmdir("$d/s"));
	show("rmdir", rmdir("p/team"));
	show("copy", File::Copy::copy("p/secret", "$d/c"));
	show("copy", File::Copy::copy("p/read", "$d/c"));
	show("move", File::Copy::move("$d/c", "$d/moved"));
	seen("$d/moved");
	seen(File::Temp->new(DIR => "t"));
	my $made = File::Temp->newdir(DIR => "t");
	printf "%o %d:%d\n", (stat "$made")[2, 4, 5];
	show("make_path", scalar File::Path::make_path("$d/a/b/c"));
	show("remove_tree", scalar File::Path::remove_tree("$d/a"));
}

sub others {
	print join(" ", glob("p/*")), " ", join(" ", glob("p/team/*")), "\n";
	print `cat p/secret 2>&1; id; test -r p/secret; echo \$?; : >t/made && stat -c %u:%g:%a t/made; rm t/made`;
	show("system", system("cat", "p/team/f") == 0);
	show("exec of a file", system("p/read") == 0);
	open my $id, "-|", "id -u" or die;
	print <$id>;
	close $id;
	show("chroot", chroot("p/team")) if $>;
	show("chdir", chdir("p/team"));
}

sub as {
	my ($who, $become) = @_;
	my $pid = fork;

	if ($pid) {
		waitpid $pid, 0;
		print "ended $?\n";
		return;
	}
	print "== $who\n";
	$become->();
	ids();
	filetests();
	files_of_ones_own("t/$who");
	others();
	exit 0;
}

make();
as("root", sub { });
as("user", sub { $) = "1000 1000"; $( = 1000; $< = $> = 1000; });
as("member", sub {
	$) = "1000 2000 5";
	show("setgid", POSIX::setgid(1000));
	show("setuid", POSIX::setuid(1000));
	show("setuid back", POSIX::setuid(0));
	$> = 0;
	show("back", !$!);
	$) = "0 0";
	show("back", !$!);
});
as("effective", sub { $) = "3000 3000"; $> = 3000; });
as("real", sub { $( = 1000; $< = 1000; });
as("swapped", sub { $> = 1000; ids(); ($<, $>) = ($>, $<); });
as("saved", sub { $> = 1000; $> = 0; $> = 3000; });
