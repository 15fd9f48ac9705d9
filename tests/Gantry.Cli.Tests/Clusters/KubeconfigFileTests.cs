using Gantry.Cli.Clusters;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Clusters;

public sealed class KubeconfigFileTests : IDisposable
{
    private const string Certificate = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n";
    private const string Key = "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-kubeconfig-").FullName;

    private string File => Path.Combine(_folder, "kube", "config");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_is_for_its_owner_only_and_another_programs_file_is_not_overwritten()
    {
        KubeconfigFile.Write(File, Of("demo", "https://10.0.0.9:6443"));
        KubeconfigFile.Write(File, Of("demo", "https://10.0.0.8:6443"));

        Assert.True(Kubeconfig.TryParse(System.IO.File.ReadAllText(File), out var written));
        Assert.Equal("https://10.0.0.8:6443", written.Server);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }

        System.IO.File.WriteAllText(File, "clusters: []\n");
        var refused = Assert.Throws<CliException>(() => KubeconfigFile.Write(File, Of("demo", "https://10.0.0.9:6443")));
        Assert.Contains("--merge adds the cluster to it", refused.Message, StringComparison.Ordinal);
        Assert.Equal("clusters: []\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_cluster_is_merged_beside_others_in_place_of_its_earlier_entry()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var target = Path.Combine(_folder, "elsewhere");
        System.IO.File.WriteAllText(
            target,
            """
            apiVersion: v1
            kind: Config
            clusters:
            - { name: other, cluster: { server: "https://other:6443" } }
            contexts:
            - { name: me@other, context: { cluster: other, user: me } }
            users:
            - name: me
              user:
                exec: { command: login }
            current-context: me@other
            preferences: { colors: true }
            """
        );
        System.IO.File.CreateSymbolicLink(File, target);

        KubeconfigFile.Merge(File, Of("demo", "https://10.0.0.9:6443"));
        KubeconfigFile.Merge(File, Of("demo", "https://10.0.0.8:6443"));

        Assert.NotNull(new FileInfo(File).LinkTarget);
        var text = System.IO.File.ReadAllText(target);
        Assert.Matches("(?m)^current-context: \"?ada@demo", text);
        Assert.Contains("https://10.0.0.8:6443", text, StringComparison.Ordinal);
        Assert.DoesNotContain("https://10.0.0.9:6443", text, StringComparison.Ordinal);
        Assert.All(
            new[] { "https://other:6443", "me@other", "command: login", "colors: true" },
            kept => Assert.Contains(kept, text, StringComparison.Ordinal)
        );

        System.IO.File.WriteAllText(target, "just text");
        Assert.Throws<CliException>(() => KubeconfigFile.Merge(File, Of("demo", "https://10.0.0.9:6443")));
        Assert.Equal("just text", System.IO.File.ReadAllText(target));
    }

    private static Kubeconfig Of(string cluster, string server) => new(cluster, server, Certificate, "ada", Certificate, Key);
}
