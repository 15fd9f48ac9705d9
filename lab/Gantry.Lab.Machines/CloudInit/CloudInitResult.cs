namespace Gantry.Lab.Machines.CloudInit;

/// <summary>The metadata that the MAAS data source gives to cloud-init.</summary>
/// <param name="InstanceId">The MAAS system id.</param>
public sealed record InstanceFacts(string InstanceId, string LocalHostname)
{
    /// <summary>As <c>uname -m</c> says: <c>x86_64</c>.</summary>
    public string Machine { get; init; } = "x86_64";

    public string DistroVersion { get; init; } = "24.04";

    public string DistroRelease { get; init; } = "noble";

    public string KernelRelease { get; init; } = "6.8.0-60-generic";

    public IReadOnlyList<string> PublicKeys { get; init; } = [];
}

/// <summary>What a user-data document makes cloud-init do on the first boot, in cloud-init's order.</summary>
/// <param name="Steps">Done one after the other; a failed one is reported and the next one goes on.</param>
/// <param name="Warnings">Problems that cloud-init logs and ignores: unreadable parts, undefined variables.</param>
public sealed record CloudInitResult(IReadOnlyList<CloudInitStep> Steps, IReadOnlyList<string> Warnings)
{
    /// <summary>Files in the order they are written; a path that stands twice is written twice.</summary>
    public IEnumerable<WrittenFile> Files => Steps.OfType<CloudInitStep.WriteFile>().Select(step => step.File);

    /// <summary>Scripts in the order they run: <c>bootcmd</c>, script parts, <c>runcmd</c>.</summary>
    public IEnumerable<CloudInitStep.RunScript> Scripts => Steps.OfType<CloudInitStep.RunScript>();

    public string? Hostname => Steps.OfType<CloudInitStep.SetHostname>().LastOrDefault()?.Name;

    /// <summary>Whether cloud-init recognises any part of the document and runs it.</summary>
    public bool IsEmpty => Steps.Count == 0;
}

/// <param name="Mode">Permission bits, for example <c>0640</c> octal.</param>
/// <param name="Append">Content goes behind what the file holds already.</param>
/// <param name="Deferred">Written in the final stage, after users and packages, before scripts.</param>
public sealed record WrittenFile(
    string Path,
    byte[] Content,
    int Mode,
    string Owner,
    string Group,
    bool Append = false,
    bool Deferred = false
)
{
    /// <summary>Octal with four digits, as <c>0640</c>.</summary>
    public string Permissions => Convert.ToString(Mode, 8).PadLeft(4, '0');
}

/// <summary>
/// One thing a cloud-init module does. <c>Module</c> is named as in cloud-init's events:
/// <c>modules-final/config-scripts_user</c>.
/// </summary>
public abstract record CloudInitStep(string Module)
{
    public sealed record WriteFile(string Module, WrittenFile File) : CloudInitStep(Module);

    /// <param name="Path">Where cloud-init keeps the script.</param>
    public sealed record RunScript(string Module, string Path, string Text) : CloudInitStep(Module);

    public sealed record SetHostname(string Module, string Name) : CloudInitStep(Module);

    /// <param name="Entries">Lines of fstab: fields as the document gives them.</param>
    public sealed record Mount(string Module, IReadOnlyList<IReadOnlyList<string>> Entries) : CloudInitStep(Module);

    /// <param name="Bytes">Zero: no swap file.</param>
    public sealed record Swap(string Module, string FileName, long Bytes) : CloudInitStep(Module);

    public sealed record AddUser(string Module, string Name, IReadOnlyList<string> SshKeys) : CloudInitStep(Module);

    public sealed record Ntp(string Module, IReadOnlyList<string> Servers, IReadOnlyList<string> Pools) : CloudInitStep(Module);

    /// <summary>The module ends here with an error; what it had left to do stays undone.</summary>
    public sealed record Fail(string Module, string Because) : CloudInitStep(Module);
}
