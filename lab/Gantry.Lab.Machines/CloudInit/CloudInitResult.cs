namespace Gantry.Lab.Machines.CloudInit;

/// <summary>The metadata of the MAAS data source, as cloud-init reads it.</summary>
/// <param name="InstanceId">The MAAS system id.</param>
public sealed record InstanceFacts(string InstanceId, string LocalHostname)
{
    /// <summary>The output of <c>uname -m</c>: <c>x86_64</c>.</summary>
    public string Machine { get; init; } = "x86_64";

    public string DistroVersion { get; init; } = "24.04";

    public string DistroRelease { get; init; } = "noble";

    public string KernelRelease { get; init; } = "6.8.0-60-generic";

    public IReadOnlyList<string> PublicKeys { get; init; } = [];
}

/// <summary>The actions of cloud-init for a user-data document on the first boot, in cloud-init's order.</summary>
/// <param name="Steps">Run in order; a failed step is reported, and the next one runs.</param>
/// <param name="Warnings">Problems that cloud-init logs and ignores: unreadable parts, undefined variables.</param>
public sealed record CloudInitResult(IReadOnlyList<CloudInitStep> Steps, IReadOnlyList<string> Warnings)
{
    /// <summary>Files in the order they are written; a path listed twice is written twice.</summary>
    public IEnumerable<WrittenFile> Files => Steps.OfType<CloudInitStep.WriteFile>().Select(step => step.File);

    /// <summary>Scripts in the order they run: <c>bootcmd</c>, script parts, <c>runcmd</c>.</summary>
    public IEnumerable<CloudInitStep.RunScript> Scripts => Steps.OfType<CloudInitStep.RunScript>();

    public string? Hostname => Steps.OfType<CloudInitStep.SetHostname>().LastOrDefault()?.Name;

    /// <summary>Whether the document contains no part that cloud-init runs.</summary>
    public bool IsEmpty => Steps.Count == 0;
}

/// <param name="Mode">Permission bits, for example <c>0640</c> octal.</param>
/// <param name="Append">The content is appended to the existing file.</param>
/// <param name="Deferred">Written in the final stage, after users and packages and before scripts.</param>
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
    /// <summary>The mode as four octal digits: <c>0640</c>.</summary>
    public string Permissions => Convert.ToString(Mode, 8).PadLeft(4, '0');
}

/// <summary>
/// One action of a cloud-init module. <c>Module</c> is the name in cloud-init's events: <c>modules-final/config-scripts_user</c>.
/// </summary>
public abstract record CloudInitStep(string Module)
{
    public sealed record WriteFile(string Module, WrittenFile File) : CloudInitStep(Module);

    /// <param name="Path">The path at which cloud-init stores the script.</param>
    public sealed record RunScript(string Module, string Path, string Text) : CloudInitStep(Module);

    public sealed record SetHostname(string Module, string Name) : CloudInitStep(Module);

    /// <param name="Entries">Lines of fstab, with the fields of the document.</param>
    public sealed record Mount(string Module, IReadOnlyList<IReadOnlyList<string>> Entries) : CloudInitStep(Module);

    /// <param name="Bytes">Zero: no swap file.</param>
    public sealed record Swap(string Module, string FileName, long Bytes) : CloudInitStep(Module);

    public sealed record AddUser(string Module, string Name, IReadOnlyList<string> SshKeys) : CloudInitStep(Module);

    public sealed record Ntp(string Module, IReadOnlyList<string> Servers, IReadOnlyList<string> Pools) : CloudInitStep(Module);

    /// <summary>The module stops with an error; its remaining actions are skipped.</summary>
    public sealed record Fail(string Module, string Because) : CloudInitStep(Module);
}
