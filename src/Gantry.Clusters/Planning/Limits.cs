using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>How long each phase of a machine's life may take before it counts as failed.</summary>
public sealed record Limits
{
    public static Limits Default { get; } = new();

    /// <summary>
    /// The same limits for an emulated data centre whose clock runs faster. Limits on our own calls and on operators do not
    /// change.
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
                LongestReleasePause = Faster(LongestReleasePause),
                FirstPackagesPause = Faster(FirstPackagesPause),
                LongestPackagesPause = Faster(LongestPackagesPause),
                ForcedDrain = Faster(ForcedDrain),
                VirtualIpLettingGo = VirtualIpLettingGo / speed,
                VirtualIpTakeover = VirtualIpTakeover / speed,
            };

        // Reconciliations are seconds apart at any speed.
        TimeSpan Faster(TimeSpan limit) => TimeSpan.FromSeconds(Math.Max(10, limit.TotalSeconds / speed));
    }

    /// <summary>From the deploy call to MAAS's "Deployed". MAAS itself gives up after 30 to 60 minutes.</summary>
    public TimeSpan Deploy { get; init; } = TimeSpan.FromMinutes(75);

    /// <summary>From "Deployed" until the first API server answers.</summary>
    public TimeSpan Init { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From a machine's admission until its node is Ready.</summary>
    public TimeSpan Join { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Failed machines of one installation in a pool, with none successful, before the image or the settings are suspect
    /// and not the machines; the installation is then not repeated.
    /// </summary>
    public int FailuresAlike { get; init; } = 3;

    /// <summary>How long an unused new control plane may be silent before it is bootstrapped again.</summary>
    public TimeSpan SilentBeforeRebootstrap { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>
    /// The pause after a repository did not give a machine its packages, before another machine is installed; each further pause is
    /// twice the last.
    /// </summary>
    public TimeSpan FirstPackagesPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest pause after a repository did not give a machine its packages.</summary>
    public TimeSpan LongestPackagesPause { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Lifetime of a bootstrap token; it is renewed when less than a third is left.</summary>
    public TimeSpan Token { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a node's kubelet may be silent before repair begins.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a node with a reporting kubelet may be not Ready: after its first observation until it must have been
    /// Ready, and later before the machine is replaced.
    /// </summary>
    public TimeSpan NeverReady { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a machine may take from power-on until its node is Ready again.</summary>
    public TimeSpan Boot { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Maximum age of a BMC's answer that a power action may rely on.</summary>
    public TimeSpan PowerAnswer { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Power cycles of a machine before it is replaced.</summary>
    public int PowerCycles { get; init; } = 1;

    /// <summary>Power actions on a machine, on or off, before it is replaced.</summary>
    public int PowerActs { get; init; } = 4;

    /// <summary>BMC queries in one reconciliation: each may take a minute, and after an outage hundreds are due.</summary>
    public int PowerQuestions { get; init; } = 3;

    /// <summary>How long a machine's power takes to follow an action; no query or action follows earlier.</summary>
    public TimeSpan PowerPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Above this share of silent nodes (two at least) the machines are not the cause, and none is repaired.</summary>
    public double OutageShare { get; init; } = 0.4;

    /// <summary>Machines of one cluster under repair at the same time, as a share of its machines; one at least.</summary>
    public double RepairShare { get; init; } = 0.2;

    /// <summary>Lifetime of kubeadm's certificates.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Remaining lifetime of certificates at which an operator is asked to approve their renewal.</summary>
    public TimeSpan AnnounceCertificates { get; init; } = TimeSpan.FromDays(60);

    /// <summary>Remaining lifetime of certificates at which they are renewed without approval.</summary>
    public TimeSpan RenewCertificates { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a drain waits for pods on a node that is replaced because it broke.</summary>
    public TimeSpan RepairDrain { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The pause before MAAS is asked a second time to release a machine; each further pause is twice the last.</summary>
    public TimeSpan FirstReleasePause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest pause between two requests to release a machine that MAAS cannot release.</summary>
    public TimeSpan LongestReleasePause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a machine whose drain is over its limit waits for pods that were deleted then, so that they can end by themselves.
    /// </summary>
    public TimeSpan ForcedDrain { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a machine stays in etcd after the virtual IP was given to another: its kube-vip lets go of the address by then.
    /// </summary>
    public TimeSpan VirtualIpLettingGo { get; init; } = VirtualIpLease.LettingGo + TimeSpan.FromSeconds(3);

    /// <summary>How long one attempt to hand the virtual IP over may take; afterwards its lease has fallen to whoever can hold it.</summary>
    public TimeSpan VirtualIpTakeover { get; init; } = VirtualIpLease.Takeover + TimeSpan.FromSeconds(3);

    /// <summary>Attempts to hand the virtual IP over before its holder leaves etcd all the same.</summary>
    public int VirtualIpTries { get; init; } = 3;

    /// <summary>
    /// How long younger clusters may take freed machines while an older one cannot be built; afterwards freed machines are
    /// kept for the older one. About one installation, so that waiting this long is not starvation.
    /// </summary>
    public TimeSpan Backfill { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long machines are kept for a cluster that cannot be built yet, counted from the last one that was freed. Long
    /// enough to delete a cluster, with drains and a quick erase, and a bound on how long machines stay idle.
    /// </summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a machine that somebody released in MAAS is left alone.</summary>
    public TimeSpan LeaveAlone { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long such a machine is the last choice of placement, counted from the same moment.</summary>
    public TimeSpan LastChoice { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a deletion runs before a forced one may name the machines it could not release and finish without them.
    /// </summary>
    public TimeSpan ForceAfter { get; init; } = Model.Deletion.ForceAfter;
}
