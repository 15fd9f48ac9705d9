namespace Gantry.Lab.Machines.Shell;

/// <summary>
/// The part of systemd that starts services from unit files on the machine: <c>systemctl enable</c>, <c>disable</c> and
/// <c>start</c>, and the boot, also of what a drop-in of <c>multi-user.target</c> wants. Of a unit it reads <c>ExecStart</c>,
/// <c>ConditionPathExists</c> and whether it can be enabled.
/// </summary>
internal sealed class SystemdUnits(MachineState machine)
{
    private const string Folder = "/etc/systemd/system/";
    private const string Wanted = Folder + "multi-user.target.wants/";
    private const string DropIns = Folder + "multi-user.target.d/";

    public bool Has(string unit) => machine.Files.Find(Folder + unit) is not null;

    public void Enable(string unit)
    {
        if (Values(Folder + unit, "WantedBy").Any())
        {
            machine.Files.Write(Wanted + unit, "");
        }
    }

    public void Disable(string unit) => machine.Files.Remove(Wanted + unit);

    /// <summary>Starts what a boot starts, one unit after the other.</summary>
    public async Task BootAsync(ShellRun shell, CancellationToken cancellationToken)
    {
        var wants = machine.Files.Names(DropIns).SelectMany(name => Values(DropIns + name, "Wants"));
        foreach (var unit in machine.Files.Names(Wanted).Concat(wants).Where(Has))
        {
            await StartAsync(unit, shell, cancellationToken);
        }
    }

    /// <returns>The status of the service's program; 0 when a condition of the unit does not hold.</returns>
    public async Task<int> StartAsync(string unit, ShellRun shell, CancellationToken cancellationToken)
    {
        if (Values(Folder + unit, "ConditionPathExists").Any(path => !machine.Files.Exists(path)))
        {
            return 0;
        }

        foreach (var command in Values(Folder + unit, "ExecStart"))
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var status = await shell.CallAsync(
                words[0],
                words[1..],
                new ShellStreams("", machine.Journal, machine.Journal),
                cancellationToken
            );
            if (status is not 0)
            {
                return status;
            }
        }

        return 0;
    }

    private IEnumerable<string> Values(string path, string key) =>
        (machine.Files.Find(path)?.Text ?? "")
            .Split('\n')
            .Where(line => line.StartsWith(key + "=", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 1)..].Trim());
}
