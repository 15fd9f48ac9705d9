using Gantry.Cli.Clusters;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Tests.Clusters;

/// <summary>What a command does not do before somebody has said so, and what never leaves the machine.</summary>
public sealed class SafeguardTests : IAsyncLifetime
{
    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync() => _console = await FakeConsole.StartAsync();

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Theory]
    [InlineData("cluster scale demo --size 0", "Scale pool worker-pool of demo to 0 and release its 3 machines?", "worker-pool")]
    [InlineData("cluster update demo --size 0", "Scale pool worker-pool of demo to 0 and release its 3 machines?", "worker-pool")]
    [InlineData(
        "cluster pool remove demo worker-pool",
        "Remove pool worker-pool of demo and release its 3 machines?",
        "worker-pool"
    )]
    [InlineData("cluster delete demo", "Delete demo and release its machines?", "demo")]
    public async Task What_releases_a_whole_pool_is_asked_on_a_terminal_alone(string command, string question, string word)
    {
        using var host = TestHost.For(_console);
        var arguments = command.Split(' ');

        Assert.Equal(ExitCode.Cancelled, await TestHost.RunAsync(At(host, "yes\n"), arguments));
        Assert.StartsWith($"{question} Type `{word}` to continue: ", host.Error, StringComparison.Ordinal);
        Assert.Empty(_console.Changes);

        Assert.Equal(ExitCode.Ok, await TestHost.RunAsync(At(host, $"{word}\n"), arguments));
        Assert.Equal(ExitCode.Ok, await TestHost.RunAsync(At(host, ""), [.. arguments, "--yes"]));
        Assert.Equal(ExitCode.Ok, await host.RunAsync(arguments));
        Assert.Equal(3, _console.Changes.Count);
    }

    [Fact]
    public async Task A_private_key_is_refused_before_anything_is_sent()
    {
        using var host = TestHost.For(_console);
        var file = Path.Combine(host.Home, "id_ed25519");
        await WriteAsync(file, "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n");

        Assert.Equal(ExitCode.Usage, await host.RunAsync("cluster", "create", "x", "--ssh-key", file));
        await WriteAsync($"{file}.pub", "# mine\nssh-ed25519 AAAA me\n\nssh-rsa AAAA work\n");
        Assert.Equal(ExitCode.Usage, await host.RunAsync("plan", "create", "x", "--ssh-key", file));
        await WriteAsync(file, "c2VjcmV0");
        Assert.Equal(ExitCode.Usage, await host.RunAsync("why-not", "create", "x", "--ssh-key", file));

        Assert.Contains("holds a private key, which never leaves this machine; give its public key", host.Error);
        Assert.Contains($"holds a private key, which never leaves this machine; give {file}.pub", host.Error);
        Assert.Contains("does not hold an SSH public key on each line", host.Error);
        Assert.DoesNotContain("c2VjcmV0", host.Error, StringComparison.Ordinal);
        Assert.Empty(_console.Changes);
        Assert.Equal(["ssh-ed25519 AAAA me", "ssh-rsa AAAA work"], SshKeyFile.Read($"{file}.pub"));
        Assert.NotNull(SshKeyFile.Problem("PuTTY-User-Key-File-3: ssh-ed25519"));
    }

    [Fact]
    public async Task A_kubernetes_version_is_chosen_for_a_new_cluster_and_asked_about_for_one_that_is_there()
    {
        const string cluster = $"/v1/spectroclusters/{FakeConsole.Uid}";
        const string fits = """{"asked":1,"fit":1,"canRoll":true,"freeBefore":1,"freeAfter":1,"limits":[]}""";
        _console.Answer("POST /v1/spectroclusters/maas", """{"uid":"u"}""", 201);
        _console.Answer("POST /v1/spectroclusters/maas/plan", """{"hash":"3f9c","steps":[],"pending":[],"blockers":[]}""");
        _console.Answer("POST /v1/spectroclusters/maas/whyNot", """{"pools":[]}""");
        _console.Answer($"POST {cluster}/whyNot", """{"pools":[]}""");
        _console.Answer("POST /v1/spectroclusters/maas/whatIf?count=1", fits);
        _console.Answer($"POST {cluster}/whatIf?count=1", fits);
        using var host = TestHost.For(_console);

        string[] commands = ["cluster create x", "plan create x", "why-not create x", "what-if create x --count 1"];
        foreach (var command in commands)
        {
            Assert.Equal(ExitCode.Ok, await host.RunAsync([.. command.Split(' '), "--kubernetes", "1.35.2"]));
        }

        Assert.All(_console.Changes, asked => Assert.Equal("1.35.2", (string?)asked.Body!["spec"]!["kubernetes"]));
        _console.Changes.Clear();
        foreach (var command in new[] { "why-not demo", "what-if demo --count 1" })
        {
            Assert.Equal(ExitCode.Ok, await host.RunAsync([.. command.Split(' '), "--kubernetes", "1.35.2"]));
        }

        Assert.Equal(2, _console.Changes.Count);
        Assert.All(_console.Changes, asked => Assert.Equal("1.35.2", (string?)asked.Body!["upgrade"]!["kubernetes"]));
    }

    private static CliHost At(TestHost host, string typed) => host.Host with { Interactive = true, In = new StringReader(typed) };

    private static Task WriteAsync(string file, string text) =>
        File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
}
