using System.Diagnostics;
using System.Text.Json;
using Gantry.Testing;

namespace Gantry.RealMachines;

/// <summary>
/// A systemd-nspawn machine: systemd, cloud-init and networkd of Debian, with stand-ins for kubeadm, kubelet and containerd. Its
/// disk is a folder, which lasts when its power is cut.
/// </summary>
internal sealed class RealMachine : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _root;
    private readonly string? _second;
    private Process? _process;

    private RealMachine(string name, string userData, string folder, string root, string? second)
    {
        _second = second;
        Name = name;
        UserData = userData;
        _folder = folder;
        _root = root;
    }

    public string Name { get; }

    public string UserData { get; }

    private string Disk => Path.Combine(_folder, "disk");

    /// <summary>What curtin leaves on a machine's disk for cloud-init, as MAAS has it done, and the stand-ins.</summary>
    /// <param name="second">Its address in the second network; <c>null</c> for a machine with one. The default route is in the first.</param>
    public static async Task<RealMachine> InstallAsync(
        string name,
        string address,
        string version,
        string userData,
        string? second = null
    )
    {
        var root = await MachineRoot.MadeAsync();
        var folder = Directory.CreateTempSubdirectory($"gantry-{name}-").FullName;
        var machine = new RealMachine(name, userData, folder, root, second);
        Directory.CreateDirectory(machine.Disk);
        await Host.RunAsync("cp", "-r", "--preserve=mode", Path.Combine(Host.Sources, "image") + "/.", machine.Disk);
        var oauth = new
        {
            consumer_key = "consumer",
            token_key = name,
            token_secret = "secret",
        };
        await machine.WriteAsync(
            "etc/cloud/cloud.cfg.d/90_dpkg_local_cloud_config.cfg",
            new
            {
                datasource = new
                {
                    MAAS = new
                    {
                        metadata_url = DataCentre.Maas,
                        oauth.consumer_key,
                        oauth.token_key,
                        oauth.token_secret,
                    },
                },
                manage_etc_hosts = true,
                reporting = new
                {
                    maas = new
                    {
                        type = "webhook",
                        endpoint = $"{DataCentre.Maas}status/{name}",
                        oauth.consumer_key,
                        oauth.token_key,
                        oauth.token_secret,
                    },
                },
            }
        );
        await machine.WriteAsync(
            "etc/cloud/cloud.cfg.d/50-curtin-networking.cfg",
            new
            {
                network = new { version = 2, ethernets = Interfaces(name, address, second) },
                system_info = new { network = new { renderers = (string[])["networkd"] } },
            }
        );
        await machine.WriteAsync(
            "etc/standin.json",
            new
            {
                machine = name,
                dataCentre = DataCentre.Control,
                kubernetesVersion = version,
            }
        );
        return machine;
    }

    public void PowerOn()
    {
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c",
                $"exec unshare --mount --pid --fork --kill-child --mount-proc '{Host.Sources}/power_on.sh' \"$@\" >> '{_folder}/console.log' 2>&1",
                "sh",
                Name,
                _folder,
                _root,
                DataCentre.Bridge,
            },
        };
        if (_second is not null)
        {
            start.ArgumentList.Add(DataCentre.SecondBridge);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>Everything on the machine ends at once; nothing is told to stop.</summary>
    public async Task CutPowerAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            _process = null;

            // The kernel takes the machine's network down a moment later.
            await Eventually.HoldsAsync(() => Assert.False(Directory.Exists($"/sys/class/net/vb-{Name}")));
        }
    }

    public async Task PowerCycleAsync()
    {
        await CutPowerAsync();
        PowerOn();
    }

    /// <summary>Whether a file is on the machine's disk that its image did not have.</summary>
    public bool Has(string path) => File.Exists(Disk + path);

    public string Read(string path) => File.ReadAllText(Disk + path);

    /// <summary>The files on the machine's disk, apart from the journal, that hold a text.</summary>
    public async Task<IReadOnlyList<string>> FilesWithAsync(string text)
    {
        var found = await Host.RunAsync("sh", "-c", $"grep -rlaF --exclude-dir=journal -e \"$1\" '{Disk}' || true", "sh", text);
        return [.. found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(path => path[Disk.Length..])];
    }

    /// <summary>What the journal of the machine says, for the message of a test that failed.</summary>
    public Task<string> JournalAsync() =>
        Host.RunAsync("journalctl", "--directory", $"{Disk}/var/log/journal", "--no-pager", "--output=short-monotonic");

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result is TestResult.Failed)
        {
            TestContext.Current.AddAttachment($"journal of {Name}", await JournalAsync());
        }

        await CutPowerAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Dictionary<string, object> Interfaces(string name, string address, string? second)
    {
        string[] first = [$"{address}/24"];
        return second is null
            ? new() { ["host0"] = new { addresses = first } }
            : new()
            {
                ["host0"] = new { addresses = first, gateway4 = DataCentre.Address },
                [$"prod-{name}"] = new { addresses = (string[])[$"{second}/24"] },
            };
    }

    private async Task WriteAsync(string path, object content)
    {
        var file = Path.Combine(Disk, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(content) + "\n", TestContext.Current.CancellationToken);
    }
}
