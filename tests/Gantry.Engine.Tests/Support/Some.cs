using Gantry.Clusters.Model;

namespace Gantry.Engine.Tests.Support;

public static class Some
{
    public static ClusterSpec Cluster(
        int controlPlanes = 1,
        int workers = 0,
        string name = "demo",
        EndpointChoice? endpoint = null
    ) =>
        new()
        {
            Id = new ClusterId($"id-{name}"),
            Name = DnsLabel.Parse(name),
            Account = new AccountId("account"),
            CreatedAt = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = endpoint ?? new EndpointChoice.VirtualIp(),
            Addons =
            [
                new AddonLayer("storage", "1", "csi", "storage manifest"),
                new AddonLayer("cilium", "1.18", "cni", "network manifest"),
            ],
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    Size = controlPlanes,
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    Size = workers,
                },
            ],
        };

    public static ClusterSpec WithWorkers(this ClusterSpec cluster, int size) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? pool with { Size = size } : pool)],
        };

    public static ClusterSpec Workers(this ClusterSpec cluster, Func<MachinePool, MachinePool> change) =>
        cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? change(pool) : pool)],
        };

    public static ClusterSpec WithControlPlanes(this ClusterSpec cluster, int size) =>
        cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.ControlPlane ? pool with { Size = size } : pool)],
        };

    public static ClusterSpec WithImage(this ClusterSpec cluster, string image) =>
        cluster with
        {
            Image = ImageName.Parse(image),
        };

    public static ClusterSpec WithVersion(this ClusterSpec cluster, string version) =>
        cluster with
        {
            KubernetesVersion = KubernetesVersion.Parse(version),
        };

    public static ClusterSpec Deleted(this ClusterSpec cluster, DateTimeOffset at, bool force = false) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Deletion = new Deletion(at, force),
        };
}
