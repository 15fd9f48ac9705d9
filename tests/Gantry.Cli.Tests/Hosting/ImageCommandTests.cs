using Gantry.Cli.Tests;
using Gantry.Lab;
using Gantry.Maas;
using Gantry.Maas.Images;

namespace Gantry.Cli.Tests.Hosting;

/// <summary><c>gantry image …</c> against the lab's region.</summary>
public sealed class ImageCommandTests : IAsyncLifetime
{
    private const string Name = "custom/ubuntu-24.04-k8s-1.36.9";

    // Two chunks and a bit.
    private const int Size = (9 * 1024 * 1024) + 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("images-").FullName;
    private LabDataCentre _lab = null!;

    private string File => Path.Combine(_folder, "image.tar.gz");

    public async ValueTask InitializeAsync()
    {
        var content = new byte[Size];
        new Random(1).NextBytes(content);
        await System.IO.File.WriteAllBytesAsync(File, content, Stop);
        _lab = await LabDataCentre.StartAsync(new LabOptions { Machines = 3 }, TimeProvider.System, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_image_is_uploaded_listed_checked_and_removed()
    {
        Assert.Contains("is in MAAS, with SHA-256", await RunAsync("upload", File, "--name", Name), StringComparison.Ordinal);
        Assert.Contains("is in MAAS already", await RunAsync("upload", File, "--name", Name), StringComparison.Ordinal);
        Assert.Matches(
            @"ubuntu-24\.04-k8s-1\.36\.9 +amd64/generic +Uploaded +1\.36\.9 +9\.4MB +complete",
            await RunAsync("list")
        );
        Assert.Contains("can be installed; its name says", await RunAsync("check", Name), StringComparison.Ordinal);
        Assert.Contains("removed", await RunAsync("remove", Name), StringComparison.Ordinal);

        using var host = new TestHost();
        Assert.Equal(ExitCode.Refused, await host.RunAsync(["image", "check", Name, .. Region]));
        Assert.Contains($"MAAS has no image {Name}", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_was_cut_is_not_complete_and_goes_on_where_it_ended()
    {
        using var maas = Client();
        var content = await System.IO.File.ReadAllBytesAsync(File, Stop);
        var created = await maas.BootResources.CreateAsync(
            new BootResourceUpload(
                Name,
                "amd64/generic",
                "tgz",
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)),
                Size,
                BaseImage: "ubuntu/noble"
            ),
            Stop
        );
        await maas.BootResources.ResumeAsync(created, new MemoryStream(content[..(4 * 1024 * 1024)]), null, Stop);

        using var host = new TestHost();
        Assert.Equal(ExitCode.Refused, await host.RunAsync(["image", "check", Name, .. Region]));
        Assert.Contains("upload not complete, 44.4 %", host.Out, StringComparison.Ordinal);
        await RunAsync("upload", File, "--name", Name);

        Assert.Null((await maas.BootResources.GetAsync(created.Id, Stop)).Progress);
    }

    [Fact]
    public async Task Content_that_does_not_match_its_checksum_is_refused()
    {
        using var maas = Client();
        var image = new BootResourceUpload(Name, "amd64/generic", "tgz", new string('a', 64), 3);

        await Assert.ThrowsAnyAsync<MaasException>(() =>
            maas.BootResources.UploadAsync(image, new MemoryStream([1, 2, 3]), Stop)
        );
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string[] Region => ["--maas", _lab.MaasUrl.AbsoluteUri, "--maas-key", _lab.AdminKey];

    private MaasClient Client() =>
        new(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.MaasUrl.AbsoluteUri), MaasApiKey.Parse(_lab.AdminKey)),
            TimeProvider.System
        );

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var host = new TestHost();
        Assert.True(await host.RunAsync(["image", .. arguments, .. Region]) is 0, host.Error);
        return host.Out;
    }
}
