using Gantry.Cli.Maas;
using Gantry.Maas.Images;

namespace Gantry.Cli.Tests.Connection;

/// <summary><c>gantry maas check</c> says how machines get Kubernetes.</summary>
public sealed class RegionImagesTests
{
    [Theory]
    [InlineData("", "no image can become a node")]
    [InlineData("grub-efi/uefi", "no image can become a node")]
    [InlineData("ubuntu/noble ubuntu/jammy", "no image holds Kubernetes: machines get ubuntu/jammy or ubuntu/noble and install")]
    [InlineData("ubuntu-24.04-k8s-1.36.5", "images hold Kubernetes 1.36.5; other versions need")]
    [InlineData("ubuntu-24.04-k8s-1.36.5 ubuntu/noble", "images hold Kubernetes 1.36.5; for others machines get ubuntu/noble")]
    public void The_way_that_new_clusters_take_is_said_with_its_reason(string names, string way) =>
        Assert.StartsWith(
            way,
            new RegionImages([
                .. names
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(name => new BootResource { Name = name, Architecture = "amd64/generic" }),
            ]).Way,
            StringComparison.Ordinal
        );
}
