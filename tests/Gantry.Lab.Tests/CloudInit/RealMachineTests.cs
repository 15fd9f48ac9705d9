using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Tests.CloudInit;

/// <summary>
/// Compares the first boot of a systemd-nspawn machine that runs the real cloud-init with that of the lab: files, modes, owners
/// and order of commands. The test needs root and systemd-container and runs only with <c>./test.sh --real-machines</c>.
/// </summary>
public sealed class RealMachineTests
{
    private const string Plain = """
        #cloud-config
        bootcmd: [echo boot >> /var/log/order]
        write_files:
        - {path: /etc/gantry/plain, content: "plain\n", permissions: '0640'}
        - {path: /etc/gantry/run.sh, encoding: b64, content: IyEvYmluL3NoCmVjaG8gc2NyaXB0ID4+IC92YXIvbG9nL29yZGVyCg==, permissions: '0700'}
        - {path: /etc/gantry/late, content: late, defer: true, owner: 'nobody:nogroup'}
        - {path: /etc/gantry/plain, content: "more\n", append: true}
        runcmd:
        - echo one >> /var/log/order
        - [sh, -c, "echo two >> /var/log/order"]
        - /etc/gantry/run.sh
        - nobody-knows-this
        - cp /etc/gantry/plain /etc/gantry/copy && chmod 0600 /etc/gantry/copy
        """;

    private const string Template = """
        ## template: jinja
        #cloud-config
        write_files:
        - path: /etc/gantry/name
          content: |
            {{ v1.local_hostname | upper }} {{ ds.meta_data.instance_id }} {{ nobody | default('absent') }}
        runcmd:
        {% if v1.cloud_name == 'maas' %}
        - echo a >> /var/log/order
        {% endif %}
        - echo b >> /var/log/order
        """;

    public static TheoryData<string> Documents => ["plain", "multipart", "gzip", "jinja"];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_first_boot_has_the_same_result_on_a_real_machine_and_in_the_lab(string kind)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("GANTRY_REAL_MACHINES") == "1",
            "boots machines only with ./test.sh --real-machines (root)"
        );
        var document = kind switch
        {
            "multipart" => Encoding.UTF8.GetBytes(
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/x-shellscript\n\n"
                    + $"#!/bin/sh\necho part >> /var/log/order\n--b\nContent-Type: text/cloud-config\n\n{Plain}\n--b--\n"
            ),
            "gzip" => Zip(Plain),
            "jinja" => Encoding.UTF8.GetBytes(Template),
            _ => Encoding.UTF8.GetBytes(Plain),
        };
        var real = await BootRealMachineAsync(document);
        Assert.Contains("order ", real, StringComparison.Ordinal);
        Assert.Equal(real, await BootInLabAsync(document));
    }

    private static async Task<string> BootInLabAsync(byte[] document)
    {
        var files = new MachineFiles();
        files.MakeFolder("/var/log");
        var output = new StringBuilder();
        foreach (var step in UserData.Read(document, new InstanceFacts("4y3h7n", "node-01")).Steps)
        {
            switch (step)
            {
                case CloudInitStep.WriteFile { File: var file } when file.Append:
                    files.Append(file.Path, file.Content);
                    files.Change(file.Path, file.Mode, $"{file.Owner}:{file.Group}");
                    break;
                case CloudInitStep.WriteFile { File: var file }:
                    files.Write(file.Path, file.Content, file.Mode, $"{file.Owner}:{file.Group}");
                    break;
                case CloudInitStep.RunScript script:
                    await new ShellRun(files, ShellPrograms.Standard((_, _) => Task.CompletedTask)).RunAsync(
                        script.Text,
                        script.Path,
                        [],
                        "",
                        output,
                        output,
                        TestContext.Current.CancellationToken
                    );
                    break;
            }
        }

        var lines = files
            .Below("/etc/gantry")
            .Select(path => (path, file: files.Find(path)!))
            .Select(found =>
                $"file {Convert.ToString(found.file.Mode, 8)} {found.file.Owner} "
                + $"{Convert.ToHexStringLower(SHA256.HashData(found.file.Content))} {found.path}\n"
            );
        return string.Concat(lines)
            + string.Concat(
                (files.Find("/var/log/order")?.Text ?? "").TrimEnd('\n').Split('\n').Select(line => $"order {line}\n")
            );
    }

    private static async Task<string> BootRealMachineAsync(byte[] document)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, document, TestContext.Current.CancellationToken);
        using var machine = Process.Start(
            new ProcessStartInfo(Path.Combine(Path.GetDirectoryName(ThisFile())!, "real_machine.sh"), [path])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            }
        )!;
        var output = await machine.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        File.Delete(path);
        return output;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionMode.Compress))
        {
            zip.Write(Encoding.UTF8.GetBytes(text));
        }

        return zipped.ToArray();
    }
}
