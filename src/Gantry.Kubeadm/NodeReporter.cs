using Gantry.Clusters.Distributions;

namespace Gantry.Kubeadm;

/// <summary>
/// How the script of a node tells MAAS why kubeadm failed. cloud-init reports the failure of the script's module without its
/// reason and has no command for another event, so a program of a few lines sends one through the same webhook.
/// </summary>
internal static class NodeReporter
{
    private const string Path = $"{NodeBootstrap.Here}/report.py";

    /// <summary>Standard error of the last kubeadm.</summary>
    public const string Errors = $"{NodeBootstrap.Here}/errors";

    // The configuration is read as cloud-init's own stages read it (cloudinit.stages, cloudinit.reporting). MAAS takes ASCII
    // alone, which is how the webhook writes JSON. MAAS takes a failure whose name has no slash for that of the deployment.
    private const string Program = """
        import sys
        from cloudinit import reporting, stages
        from cloudinit.reporting import events

        init = stages.Init(ds_deps=[])
        init.read_cfg()
        reporting.update_configuration(init.cfg.get("reporting") or {})
        text = " ".join(" ".join(sys.argv[1:]).split())
        events.report_finish_event("modules-final/config-scripts_user/kubeadm", text[:800], events.status.FAIL)
        for handler in reporting.instantiated_handler_registry.registered_items.values():
            if hasattr(handler, "flush"):
                handler.flush()

        """;

    // What no further attempt mends: the machine or its image. A version that is too new may join once the cluster's configuration
    // names it, and one that is too old joins with a warning. The names of checks are those of cmd/kubeadm/app/preflight/checks.go.
    private const string ForGood =
        "\\[ERROR (NumCPU|Mem|Swap|SystemVerification|IsPrivilegedUser|Hostname|Port-|DirAvailable-|FileAvailable-|FileExisting-"
        + "|FileContent-)|running with swap on";

    public static CloudFile File { get; } = new($"{NodeBootstrap.Folder}/report.py", Program, "0700");

    /// <summary>Sets <c>reason</c> to the lines of kubeadm's errors that say why; addresses of one connection are left out.</summary>
    public const string ReadReason =
        $"reason=$(grep -F '[ERROR ' {Errors} || grep -Ev 'WARNING|stack trace' {Errors} | tail -n 1 "
        + "| sed -E 's/[0-9.:]+->//g')";

    /// <summary>The condition that the last failure of kubeadm stays, however often it is tried.</summary>
    public const string IsForGood = $"grep -qE '{ForGood}' {Errors}";

    /// <summary>
    /// The condition that the machine has no token: the engine makes it when it is the machine's turn, and knows why it is not.
    /// </summary>
    public const string HasNoToken = $"grep -q 'Unauthorized' {Errors}";

    public const string PreparationFailed =
        $"timeout 60 python3 {Path} \"{NodeReport.GivesUp}the system could not be prepared: $reason\" || true";

    /// <param name="text">In double quotes of the shell.</param>
    public static string GivesUp(string text) => Send(NodeReport.GivesUp, text);

    /// <inheritdoc cref="GivesUp"/>
    public static string GivesUpForPackages(string text) => Send(NodeReport.GivesUpForPackages, text);

    /// <inheritdoc cref="GivesUp"/>
    public static string TriesAgain(string text) => Send(NodeReport.TriesAgain, text);

    private static string Send(string mark, string text) => $"timeout 60 python3 {Path} \"{mark}{text}\" || true";
}
