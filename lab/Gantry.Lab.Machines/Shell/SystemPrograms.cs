using System.Globalization;
using System.Net;
using Gantry.Lab.Maas;

namespace Gantry.Lab.Machines.Shell;

/// <summary>
/// Programs that act on the system rather than on files. Kubernetes programs exist only on an image with Kubernetes.
/// </summary>
internal static class SystemPrograms
{
    private static readonly string[] NoOperations =
    [
        "modprobe",
        "update-ca-certificates",
        "ufw",
        "timedatectl",
        "chronyc",
        "apt-mark",
        "mount",
        "umount",
        "swapon",
        "logger",
        "netplan",
        "resolvectl",
        "iptables",
        "depmod",
    ];

    public static void Add(Dictionary<string, ShellProgram> programs, MachineState machine, TimeProvider time)
    {
        void Plain(string name, Func<ShellCall, int> run) => programs[name] = (call, _) => Task.FromResult(run(call));
        foreach (var name in NoOperations)
        {
            Plain(name, _ => 0);
        }

        programs["systemctl"] = (call, cancellationToken) => SystemControlAsync(call, machine, cancellationToken);
        Plain(
            "swapoff",
            call =>
            {
                machine.Swap &= call.Arguments is not (["-a"] or ["/swap.img"]);
                return 0;
            }
        );
        Plain(
            "sysctl",
            call =>
                call.Arguments is ["--system"] or ["-p", ..] or ["-w", ..]
                || call.Arguments.All(a => a.StartsWith('-') || a.Contains('=', StringComparison.Ordinal))
                    ? 0
                    : call.Fail($"cannot stat /proc/sys/{call.Arguments[^1].Replace('.', '/')}: No such file or directory", 255)
        );
        Plain(
            "hostname",
            call =>
                call.Arguments is [{ } name] && !name.StartsWith('-')
                    ? Rename(machine, name)
                    : call.Say(
                        call.Arguments is ["-f"] ? machine.Machine.Fqdn
                        : call.Arguments is ["-I"] ? string.Join(' ', machine.Machine.IpAddresses)
                        : machine.Hostname
                    )
        );
        Plain("ip", call => ShowAddresses(call, machine.Machine));
        Plain(
            "hostnamectl",
            call =>
                call.Arguments is ["set-hostname" or "hostname", { } name]
                    ? Rename(machine, name)
                    : call.Say($"Static hostname: {machine.Hostname}")
        );
        Plain(
            "uname",
            call =>
                call.Say(
                    call.Arguments is ["-r"] ? machine.Facts().KernelRelease
                    : call.Arguments is ["-m"] ? machine.Facts().Machine
                    : "Linux"
                )
        );
        Plain(
            "date",
            call =>
                call.Say(
                    call.Arguments is ["+%s", ..]
                        ? time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                        : time.GetUtcNow().ToString("ddd MMM d HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture)
                )
        );
        foreach (var name in (ReadOnlySpan<string>)["curl", "wget"])
        {
            Plain(name, call => call.Fail("(6) Could not resolve host: machines of the lab have no way out of it", 6));
        }

        foreach (var name in (ReadOnlySpan<string>)["apt-get", "apt"])
        {
            Plain(
                name,
                call =>
                    call.Arguments.Contains("install")
                        ? call.Fail("E: Unable to locate package: machines of the lab have no package archive", 100)
                        : 0
            );
        }

        if (machine.Kubernetes is { } version)
        {
            Plain(
                "kubelet",
                call =>
                    call.Arguments is ["--version"]
                        ? call.Say($"Kubernetes {version}")
                        : call.Fail("the kubelet is run by systemd here")
            );
            Plain("crictl", _ => 0);
            Plain("ctr", _ => 0);
            Plain(
                "containerd",
                call =>
                    call.Say(
                        call.Arguments is ["config", "default"]
                            ? "version = 2"
                            : "containerd github.com/containerd/containerd 1.7.27"
                    )
            );
        }
    }

    private static async Task<int> SystemControlAsync(ShellCall call, MachineState machine, CancellationToken cancellationToken)
    {
        var units = new SystemdUnits(machine);
        if (SystemControl(call, machine) is not 0 and var refused)
        {
            return refused;
        }

        foreach (var unit in call.Arguments.Where(a => !a.StartsWith('-')).Skip(1).Select(FullName).Where(units.Has))
        {
            switch (call.Arguments.First(a => !a.StartsWith('-')))
            {
                case "enable":
                    units.Enable(unit);
                    break;
                case "disable":
                    units.Disable(unit);
                    break;
                case "start" or "restart" when await units.StartAsync(unit, call.Shell, cancellationToken) is not 0:
                    return call.Fail(
                        $"Job for {unit} failed because the control process exited with error code.\n"
                            + $"See \"systemctl status {unit}\" and \"journalctl -xeu {unit}\" for details."
                    );
            }
        }

        return 0;
    }

    // As "ip -o addr show to NETWORK scope global primary" prints them. The lab's machines have no others.
    private static int ShowAddresses(ShellCall call, InstalledMachine machine)
    {
        if (call.Arguments is not ["-o", "addr", "show", "to", var network, "scope", "global", "primary"])
        {
            return call.Fail("the lab knows `ip -o addr show to NETWORK scope global primary` alone", 255);
        }

        if (!IPNetwork.TryParse(network, out var asked))
        {
            return call.Fail($"any valid prefix is expected rather than \"{network}\".", 1);
        }

        var names = machine.Interfaces.Select(one => one.Interface).Distinct().ToList();
        foreach (var one in machine.Interfaces.Where(one => asked.Contains(IPAddress.Parse(one.Ip))))
        {
            call.Say(
                $"{names.IndexOf(one.Interface) + 2}: {one.Interface}    inet{(one.Ip.Contains(':', StringComparison.Ordinal) ? "6" : "")} "
                    + $"{one.Ip}/{one.Prefix} scope global {one.Interface}\\       valid_lft forever preferred_lft forever"
            );
        }

        return 0;
    }

    private static string FullName(string unit) => unit.Contains('.', StringComparison.Ordinal) ? unit : unit + ".service";

    private static int SystemControl(ShellCall call, MachineState machine)
    {
        var words = call.Arguments.Where(a => !a.StartsWith('-')).ToArray();
        if (words.Length == 0 || words[0] is "daemon-reload" or "daemon-reexec")
        {
            return 0;
        }

        foreach (
            var unit in words
                .Skip(1)
                .Select(unit => unit.EndsWith(".service", StringComparison.Ordinal) ? unit[..^".service".Length] : unit)
        )
        {
            var swap = unit.EndsWith(".swap", StringComparison.Ordinal) || unit == "swap.target";
            if (swap && words[0] == "mask")
            {
                machine.SwapMasked = true;
                machine.Files.Write("/etc/systemd/system/swap.target", "");
            }

            machine.Swap &= !(swap && (words[0] == "stop" || call.Arguments.Contains("--now")));
            var known =
                swap
                || unit switch
                {
                    "kubelet" or "containerd" => machine.Kubernetes is not null,
                    "systemd-timesyncd"
                    or "chrony"
                    or "chronyd"
                    or "ssh"
                    or "sshd"
                    or "systemd-resolved"
                    or "systemd-networkd"
                    or "apparmor"
                    or "ufw"
                    or "unattended-upgrades"
                    or "apt-daily.timer"
                    or "apt-daily-upgrade.timer"
                    or "systemd-modules-load"
                    or "procps"
                    or "systemd-sysctl" => true,
                    _ => new SystemdUnits(machine).Has(FullName(unit)),
                };
            if (!known && words[0] is not ("disable" or "mask" or "stop"))
            {
                return call.Fail($"Unit {unit}.service could not be found.", words[0] == "is-active" ? 3 : 5);
            }
        }

        return 0;
    }

    private static int Rename(MachineState machine, string name)
    {
        machine.Hostname = name;
        machine.Files.Write("/etc/hostname", name + "\n");
        return 0;
    }
}
