using System.Text;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Tests.Machines;

public sealed class ShellTests
{
    private readonly MachineFiles _files = new();
    private readonly List<TimeSpan> _pauses = [];
    private readonly StringBuilder _output = new();

    [Theory]
    [InlineData("echo a; false; echo $?", "a\n1\n", 0)]
    [InlineData("nobody-knows; echo still", "sh: nobody-knows: not found\nstill\n", 0)]
    [InlineData("echo one; nobody-knows", "one\nsh: nobody-knows: not found\n", 127)]
    [InlineData("set -e; false; echo never", "", 1)]
    [InlineData("set -e; false || true; if false; then :; fi; echo here", "here\n", 0)]
    [InlineData("n=0; until [ $n -ge 3 ]; do n=$((n+1)); echo $n; done", "1\n2\n3\n", 0)]
    [InlineData("for i in 1 2 3; do [ $i = 2 ] && break; echo $i; done", "1\n", 0)]
    [InlineData("case abc in a*) echo yes ;; *) echo no ;; esac", "yes\n", 0)]
    [InlineData("echo \"it's $(echo \"in side\")\" 'and $not'", "it's in side and $not\n", 0)]
    [InlineData("! false && { echo grouped; } | cat", "grouped\n", 0)]
    [InlineData("(exit 3); echo $?; exit 7", "3\n", 7)]
    [InlineData("printf '%s-%s\\n' a b; A=1 && echo ${A}${B:-none}", "a-b\n1none\n", 0)]
    [InlineData("if then", "sh: Syntax error: expecting \"fi\"\n", 2)]
    [InlineData("sleep 5 &", "sh: background jobs (&) are not known to this machine's shell\n", 2)]
    [InlineData("echo gone > /dev/null 2>&1; echo b >&2", "b\n", 0)]
    [InlineData("sh -c 'echo $1' name given; bash -ec 'false; echo x'", "given\n", 1)]
    [InlineData("cat /none 2>/dev/null || echo missing", "missing\n", 0)]
    public async Task A_script_runs_as_in_dash(string script, string output, int status)
    {
        Assert.Equal(status, await RunAsync(script));
        Assert.Equal(output, _output.ToString());
    }

    [Fact]
    public async Task Files_are_created_changed_and_removed()
    {
        _files.Write("/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/swap.img none swap sw 0 0\n");
        Assert.Equal(
            0,
            await RunAsync(
                """
                mkdir -p /etc/app/conf.d && cd /
                cat <<EOF > /etc/app/a.conf
                name=$(echo x)
                EOF
                echo more >> /etc/app/a.conf
                chmod 0600 /etc/app/a.conf; chown nobody:nogroup /etc/app/a.conf
                cp /etc/app/a.conf /etc/app/conf.d/; mv /etc/app/a.conf /etc/app/b.conf; rm -f /none
                sed -i '/ swap / s/^/#/' /etc/fstab
                sed -i -e 's#x#y#g' /etc/app/b.conf
                grep -q 'name=y' /etc/app/b.conf
                """
            )
        );
        Assert.Equal("name=x\nmore\n", _files.Find("/etc/app/conf.d/a.conf")!.Text);
        Assert.Equal("name=y\nmore\n", _files.Find("/etc/app/b.conf")!.Text);
        Assert.Equal(0b110_000_000, _files.Find("/etc/app/b.conf")!.Mode);
        Assert.Equal("nobody:nogroup", _files.Find("/etc/app/b.conf")!.Owner);
        Assert.EndsWith("\n#/swap.img none swap sw 0 0\n", _files.Find("/etc/fstab")!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bounded_retry_loop_pauses_between_attempts_and_then_fails()
    {
        Assert.Equal(
            1,
            await RunAsync(
                "i=0\nuntil nobody-knows 2>/dev/null; do\n  i=$((i + 1))\n  if [ \"$i\" -ge 3 ]; then exit 1; fi\n  sleep "
                    + "10\ndone\n"
            )
        );
        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], _pauses);
    }

    [Fact]
    public async Task A_script_file_runs_only_when_it_is_executable()
    {
        _files.Write("/opt/run.sh", "#!/bin/sh\necho ran $1\n");
        Assert.Equal(126, await RunAsync("/opt/run.sh"));
        Assert.Equal(0, await RunAsync("chmod +x /opt/run.sh && /opt/run.sh now"));
        Assert.EndsWith("ran now\n", _output.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(string script) =>
        new ShellRun(
            _files,
            ShellPrograms.Standard(
                (pause, _) =>
                {
                    _pauses.Add(pause);
                    return Task.CompletedTask;
                }
            )
        ).RunAsync(script, "sh", [], "", _output, _output, TestContext.Current.CancellationToken);
}
