namespace Gantry.Clusters.Planning;

/// <summary>How long each phase of a machine's life may take before it counts as failed.</summary>
public sealed record Limits
{
    public static Limits Default { get; } = new();

    /// <summary>
    /// The same patience with machines whose minutes pass faster, as an emulated data centre's do. What rests on our own
    /// calls and on people stays as it is.
    /// </summary>
    public Limits AtSpeed(double speed)
    {
        return speed <= 1
            ? this
            : this with
            {
                Deploy = Faster(Deploy),
                Init = Faster(Init),
                Join = Faster(Join),
                SilentBeforeRebootstrap = Faster(SilentBeforeRebootstrap),
                Silence = Faster(Silence),
                NeverReady = Faster(NeverReady),
                Boot = Faster(Boot),
                RepairDrain = Faster(RepairDrain),
                Backfill = Faster(Backfill),
                Keep = Faster(Keep),
            };

        // Looks are seconds apart whatever the speed.
        TimeSpan Faster(TimeSpan limit) => TimeSpan.FromSeconds(Math.Max(10, limit.TotalSeconds / speed));
    }

    /// <summary>From the deploy call to MAAS's "Deployed". MAAS itself gives up after 30 to 60 minutes.</summary>
    public TimeSpan Deploy { get; init; } = TimeSpan.FromMinutes(75);

    /// <summary>From "Deployed" until the first API server answers.</summary>
    public TimeSpan Init { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From a machine's turn until its node is Ready.</summary>
    public TimeSpan Join { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// So many machines of a pool fail the same installation, and none succeeds, before the image or the settings are to
    /// blame and not the machines: nothing more is installed like that.
    /// </summary>
    public int FailuresAlike { get; init; } = 3;

    /// <summary>How long a new control plane that nobody uses yet may be silent before we begin anew.</summary>
    public TimeSpan SilentBeforeRebootstrap { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Life of a bootstrap token; it is renewed when less than a third is left.</summary>
    public TimeSpan Token { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a node's kubelet may be silent before anything is done about it.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a node whose kubelet reports may be not Ready: from its first sight until it must have been Ready, and
    /// later on before another takes its place.
    /// </summary>
    public TimeSpan NeverReady { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a machine may take from power-on until its node is Ready again.</summary>
    public TimeSpan Boot { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How old the BMC's answer may be that an act on the power rests on.</summary>
    public TimeSpan PowerAnswer { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a machine's power is cut before another takes its place.</summary>
    public int PowerCycles { get; init; } = 1;

    /// <summary>How often a machine's power is switched, either way, before another takes its place.</summary>
    public int PowerActs { get; init; } = 4;

    /// <summary>BMCs asked in one look: each may take a minute to answer, and after an outage hundreds are to be asked.</summary>
    public int PowerQuestions { get; init; } = 3;

    /// <summary>What a machine's power needs to follow a switch; nobody asks or switches again before.</summary>
    public TimeSpan PowerPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Above this share of silent nodes (two at least) the cause is not in the machines, and none is repaired.</summary>
    public double OutageShare { get; init; } = 0.4;

    /// <summary>Machines of one cluster under repair at the same time, as a share of its machines; one at least.</summary>
    public double RepairShare { get; init; } = 0.2;

    /// <summary>What kubeadm gives its certificates.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(365);

    /// <summary>From then on a person is asked to agree to new certificates.</summary>
    public TimeSpan AnnounceCertificates { get; init; } = TimeSpan.FromDays(60);

    /// <summary>From then on they are renewed whether anybody agreed or not.</summary>
    public TimeSpan RenewCertificates { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a drain waits for pods on a node that is being replaced because it broke.</summary>
    public TimeSpan RepairDrain { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long younger clusters take what comes free while an older one cannot be built; afterwards freed machines are kept
    /// for the older one. About one installation: whoever waits no longer than that is not starved.
    /// </summary>
    public TimeSpan Backfill { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long machines are kept for a cluster that cannot be built yet, counted from the last of them that came free.
    /// Long enough to give a cluster back, with drains and a quick erase, and a bound on how long machines stay idle for nothing.
    /// </summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a deletion has been under way when a forced one names what it could not give back and lets go.</summary>
    public TimeSpan ForceAfter { get; init; } = Model.Deletion.ForceAfter;
}
