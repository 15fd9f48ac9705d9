using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// One constraint of a pool on a machine. <see cref="Of(PoolPlacement)"/> is the only place that reads a <see
/// cref="Placement"/>, so that placement and its explanation cannot disagree.
/// </summary>
public abstract record Constraint
{
    private Constraint() { }

    /// <summary>The constraint as text: <c>memory ≥ 65536 MiB</c>.</summary>
    public abstract string Text { get; }

    /// <summary>The mismatch of a machine that fails the constraint: <c>less than 65536 MiB of memory</c>.</summary>
    public abstract string Mismatch { get; }

    public abstract bool Holds(Candidate machine);

    /// <summary>A mismatch as a clause: <c>it has less than 65536 MiB of memory</c>, <c>it is not in zone az1</c>.</summary>
    public static string AsSentence(string mismatch) =>
        mismatch.StartsWith("less ", StringComparison.Ordinal)
        || mismatch.StartsWith("fewer ", StringComparison.Ordinal)
        || mismatch.StartsWith("no ", StringComparison.Ordinal)
            ? $"it has {mismatch}"
            : $"it is {mismatch}";

    /// <summary>Every constraint on a machine that a pool takes: what cannot be relaxed, and its placement.</summary>
    /// <param name="architectures">Those that MAAS has the image for; empty when they are not known.</param>
    /// <param name="virtualIp">Where the cluster's virtual IP is; <c>null</c> when it has none or nobody knows.</param>
    public static IReadOnlyList<Constraint> Of(
        MachinePool pool,
        IReadOnlyList<string> architectures,
        VirtualIpPlace? virtualIp = null
    ) => [.. Fixed(pool, architectures, virtualIp), .. Of(pool.Placement)];

    /// <summary>The constraints that do not come from the placement, so that no change of it relaxes them.</summary>
    public static IReadOnlyList<Constraint> Fixed(
        MachinePool pool,
        IReadOnlyList<string> architectures,
        VirtualIpPlace? virtualIp = null
    )
    {
        var constraints = new List<Constraint>();
        if (pool.Role is PoolRole.ControlPlane)
        {
            constraints.Add(new KubeadmMinimum());
            if (virtualIp is not null)
            {
                constraints.Add(new BesideVirtualIp(virtualIp));
            }
        }

        if (architectures.Count > 0)
        {
            constraints.Add(new ForImage(architectures));
        }

        return constraints;
    }

    /// <summary>Every constraint of a placement, in the order in which a mismatch is looked for.</summary>
    public static IReadOnlyList<Constraint> Of(PoolPlacement placement)
    {
        var constraints = new List<Constraint>();
        if (placement.ResourcePool is { Length: > 0 } pool)
        {
            constraints.Add(new InResourcePool(pool));
        }

        if (placement.Zones.Count > 0)
        {
            constraints.Add(new InZones(placement.Zones));
        }

        if (placement.Architecture is { Length: > 0 } architecture)
        {
            constraints.Add(new OfArchitecture(architecture));
        }

        if (placement.MinCpu > 0)
        {
            constraints.Add(new Cpu(placement.MinCpu));
        }

        if (placement.MinMemoryMiB > 0)
        {
            constraints.Add(new Memory(placement.MinMemoryMiB));
        }

        if (placement.MinDiskGB > 0)
        {
            constraints.Add(new Disk(placement.MinDiskGB));
        }

        constraints.AddRange(placement.Tags.Distinct().Select(tag => new WithTag(tag)));
        constraints.AddRange(placement.NotTags.Distinct().Select(tag => new WithoutTag(tag)));
        if (placement.Subnet is { } subnet)
        {
            constraints.Add(new InSubnet(subnet));
        }

        return constraints;
    }

    /// <summary>
    /// What kubeadm's preflight checks ask of a control plane, <c>NumCPU</c> and <c>Mem</c>: <c>ControlPlaneNumCPU</c> and
    /// <c>ControlPlaneMem</c> in kubeadm's constants. They count memory in MiB and call it MB.
    /// </summary>
    public sealed record KubeadmMinimum : Constraint
    {
        public const int Cpus = 2;
        public const int MemoryMiB = 1700;

        public override string Text => $"kubeadm's minimum for a control plane, {Cpus} CPUs and {MemoryMiB} MiB";

        public override string Mismatch => $"below kubeadm's minimum for a control plane ({Cpus} CPUs, {MemoryMiB} MiB)";

        public override bool Holds(Candidate machine) => machine.CpuCount >= Cpus && machine.MemoryMiB >= MemoryMiB;
    }

    /// <summary>A control plane announces the virtual IP in a network in which it has an address.</summary>
    public sealed record BesideVirtualIp(VirtualIpPlace Place) : Constraint
    {
        public override string Text => $"an address in {Place.Text}";

        public override string Mismatch => $"without an address in {Place.Text}";

        public override bool Holds(Candidate machine) => Place.Fits(machine.Networks);
    }

    /// <summary>MAAS has the image for these architectures.</summary>
    public sealed record ForImage(IReadOnlyList<string> Architectures) : Constraint
    {
        public override string Text => $"architecture of the image, {string.Join(" or ", Architectures)}";

        public override string Mismatch => $"not {string.Join(" or ", Architectures)}, which the image is for";

        public override bool Holds(Candidate machine) => Architectures.Contains(machine.Architecture);
    }

    public sealed record InResourcePool(string Pool) : Constraint
    {
        public override string Text => $"resource pool {Pool}";

        public override string Mismatch => $"not in resource pool {Pool}";

        public override bool Holds(Candidate machine) => machine.ResourcePool == Pool;
    }

    public sealed record InZones(IReadOnlyList<string> Zones) : Constraint
    {
        public override string Text => $"zone {string.Join(" or ", Zones)}";

        public override string Mismatch => $"not in zone {string.Join(" or ", Zones)}";

        public override bool Holds(Candidate machine) => Zones.Contains(machine.Zone);
    }

    public sealed record OfArchitecture(string Architecture) : Constraint
    {
        public override string Text => $"architecture {Architecture}";

        public override string Mismatch => $"not {Architecture}";

        public override bool Holds(Candidate machine) => machine.Architecture == Architecture;
    }

    public sealed record Cpu(int Least) : Constraint
    {
        public override string Text => $"CPUs ≥ {Least}";

        public override string Mismatch => $"fewer than {Least} CPUs";

        public override bool Holds(Candidate machine) => machine.CpuCount >= Least;
    }

    public sealed record Memory(int LeastMiB) : Constraint
    {
        public override string Text => $"memory ≥ {LeastMiB} MiB";

        public override string Mismatch => $"less than {LeastMiB} MiB of memory";

        public override bool Holds(Candidate machine) => machine.MemoryMiB >= LeastMiB;
    }

    public sealed record Disk(int LeastGB) : Constraint
    {
        public const long BytesPerGB = 1_000_000_000;

        public override string Text => $"largest disk ≥ {LeastGB} GB";

        public override string Mismatch => $"no disk of {LeastGB} GB";

        public override bool Holds(Candidate machine) => machine.LargestDiskBytes >= LeastGB * BytesPerGB;
    }

    public sealed record WithTag(string Tag) : Constraint
    {
        public override string Text => $"tag {Tag}";

        public override string Mismatch => $"without the tag {Tag}";

        public override bool Holds(Candidate machine) => machine.Tags.Contains(Tag);
    }

    public sealed record WithoutTag(string Tag) : Constraint
    {
        public override string Text => $"no tag {Tag}";

        public override string Mismatch => $"with the tag {Tag}";

        public override bool Holds(Candidate machine) => !machine.Tags.Contains(Tag);
    }

    public sealed record InSubnet(NetworkSelector Network) : Constraint
    {
        public override string Text => Network.Text;

        public override string Mismatch => Network.Lack;

        public override bool Holds(Candidate machine) => machine.Networks.Any(Network.Selects);
    }
}
