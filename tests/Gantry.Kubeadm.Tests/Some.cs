using Gantry.Clusters.Model;

namespace Gantry.Kubeadm.Tests;

internal static class Some
{
    public static ClusterSpec Cluster(int controlPlanes = 1, int workers = 0) =>
        new()
        {
            Id = new ClusterId("id-demo"),
            Name = DnsLabel.Parse("demo"),
            Account = new AccountId("account"),
            CreatedAt = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = new EndpointChoice.VirtualIp(),
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
}
