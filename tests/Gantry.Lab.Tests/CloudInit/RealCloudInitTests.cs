using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Tests.CloudInit;

/// <summary>Compares the lab's reading of user-data with that of the installed cloud-init (Debian's package, 22.4).</summary>
public sealed class RealCloudInitTests
{
    private const string Plain = """
        #cloud-config
        # the same key twice: the last one counts
        runcmd: [echo lost]
        bootcmd: ["echo early"]
        write_files:
          - {path: /etc/a, content: "plain\ntext\n\n", permissions: '0640'}
          - {path: /etc/octal, content: '12', permissions: 0600}
          - {path: /etc/decimal, content: 'yes', permissions: 644}
          - {path: /etc/b64, encoding: b64, content: aGVsbG8K, owner: 'root:adm'}
          - {path: /etc/zip, encoding: gz+b64, content: H4sIAAAAAAAAA8tIzcnJ5wIAIDA6NgYAAAA=}
          - {path: /etc/bin, content: !!binary aGVsbG8K}
          - {path: /etc/more, content: tail, append: true}
          - {path: /late, content: late, defer: true, permissions: "0o755"}
          - {content: nowhere}
        runcmd:
          - echo 'one' && two
          - [echo, "it's", 3, true, null]
          - "{{ not a template }}"
        """;

    private const string Template = """
        ## template: jinja
        #cloud-config
        {# gone #}
        write_files:
        - path: /etc/name
          content: |
            {{ v1.local_hostname }} {{ ds.meta_data['instance-id'] }} {{ local_hostname | replace('-', '+') | upper | lower }}
            {% if v1.cloud_name == 'maas' %}
            on maas
            {%- if v1.nothing is defined %} never{% elif v1.distro is not defined %} never{% elif not v1.distro != "ubuntu" %} on ubuntu
            {%- else %} never
            {%- endif %}

            {% else %}
            never
            {% if ds.nobody.name %}never{% endif %}
            {% endif %}
            {% if ds.meta_data["public-keys"] -%}
            never
            {%- endif %}
            {% raw %}{{ kept }} {% if %}{% endraw %}
            {{ nobody | default('absent') }} {{ v1.region }} {{ somebody }} {{ "text" }}
        runcmd:
        - hostnamectl set-hostname {{ v1.local_hostname|upper }}
        """;

    public static TheoryData<string> Documents =>
        [
            "plain",
            "zipped",
            "template",
            "multipart",
            "appended",
            "template part",
            "script",
            "nonsense",
            "base64",
            "broken",
            "list",
            "quoted",
            "undefined",
            "archive",
            "number",
        ];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task The_lab_reads_a_document_as_cloud_init_does(string name)
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/cloudinit"), "cloud-init is not installed here");
        var document = Document(name);
        var real = await RealAsync(document);
        var lab = ReadByLab(document);
        Assert.True(
            real.ToJsonString() == lab.ToJsonString(),
            $"cloud-init:\n{real}\nlab:\n{lab}\n"
                + string.Join('\n', UserData.Read(document, new InstanceFacts("4y3h7n", "node-01")).Warnings)
        );
    }

    private static byte[] Document(string name) =>
        name switch
        {
            "plain" => Bytes(Plain),
            "zipped" => Zip(Plain),
            "template" => Bytes(Template),
            "multipart" => Bytes(
                Parts(
                    ("text/x-shellscript", "#!/bin/sh\r\necho hello\r\n"),
                    ("text/plain", Template),
                    ("text/x-shellscript; name=\"z.sh\"", "#!/bin/bash\ntrue"),
                    ("text/cloud-config", "#cloud-config\nwrite_files:\n- path: /replaced\n")
                )
            ),
            "appended" => Bytes(
                Parts(
                    ("text/cloud-config", Plain),
                    (
                        "text/cloud-config",
                        "#cloud-config\nmerge_how:\n- {name: list, settings: [append]}\n- {name: dict, settings: "
                            + "[no_replace, recurse_list]}\n"
                            + "write_files:\n- path: /appended\nruncmd: [last]\nbootcmd: [later]\n"
                    )
                )
            ),
            // The MIME type of the part decides, so its template header stays a comment.
            "template part" => Bytes(
                Parts(
                    ("text/cloud-config", "## template: jinja\n#cloud-config\nruncmd: ['{{ v1.local_hostname }}']\n"),
                    ("text/jinja2", "## template: jinja\n#!/bin/sh\necho {{ v1.local_hostname }}\n")
                )
            ),
            "script" => Bytes("#!/bin/sh\nkubeadm version\n"),
            "nonsense" => Bytes("hello: world\n"),
            "base64" => Bytes(Convert.ToBase64String(Bytes(Plain))),
            "broken" => Bytes("#cloud-config\nruncmd:\n  - a\n - b\n"),
            "list" => Bytes("#cloud-config\n- runcmd\n"),
            "quoted" => Bytes(
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: text/cloud-config\n"
                    + "Content-Transfer-Encoding: base64\n\n"
                    + Convert.ToBase64String(Bytes(Plain), Base64FormattingOptions.InsertLineBreaks)
                    + "\n--b\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n"
                    + Convert.ToBase64String(Zip("#!/bin/sh\ntrue\n"))
                    + "\n--b--\n"
            ),
            "number" => Bytes(
                "#cloud-config\nwrite_files:\n- {path: /a}\n- {path: /b, content: 12}\n- {path: /c}\nruncmd: [5, "
                    + "a]\nbootcmd: []\n"
            ),
            "undefined" => Bytes("## template: jinja\n#cloud-config\nruncmd: ['{{ a.b.c }}']\n"),
            "archive" => Bytes(
                "#cloud-config-archive\n- \"#cloud-config\\nruncmd: [a]\\n\"\n- {type: text/x-shellscript, content: "
                    + "\"#!/bin/sh\\nb\\n\", filename: s.sh}\n"
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };

    internal static JsonObject ReadByLab(byte[] document)
    {
        var result = UserData.Read(document, new InstanceFacts("4y3h7n", "node-01"));
        return new JsonObject
        {
            ["files"] = new JsonArray([
                .. result.Files.Select(file =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["path"] = file.Path,
                            ["content"] = Convert.ToBase64String(file.Content),
                            ["mode"] = file.Mode,
                            ["append"] = file.Append,
                            ["owner"] = new JsonArray(file.Owner, file.Group),
                        }
                ),
            ]),
            ["scripts"] = new JsonArray([
                .. result
                    .Scripts.Where(script => script.Module.EndsWith("scripts_user", StringComparison.Ordinal))
                    .Select(script => (JsonNode)new JsonArray(Path.GetFileName(script.Path), script.Text)),
            ]),
            ["bootcmd"] = result
                .Scripts.FirstOrDefault(script => script.Module.EndsWith("bootcmd", StringComparison.Ordinal))
                ?.Text,
        };
    }

    internal static async Task<JsonNode> RealAsync(byte[] document)
    {
        var request = new JsonObject
        {
            ["userData"] = Convert.ToBase64String(document),
            ["instanceData"] = UserData.InstanceData(new InstanceFacts("4y3h7n", "node-01")),
        };
        using var python = Process.Start(
            new ProcessStartInfo("/usr/bin/python3", [Path.Combine(Path.GetDirectoryName(ThisFile())!, "real_cloud_init.py")])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        await python.StandardInput.WriteAsync(request.ToJsonString());
        python.StandardInput.Close();
        var errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(output.Length > 0, await errors);
        return JsonNode.Parse(output)!;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static string Parts(params (string Type, string Body)[] parts) =>
        "Content-Type: multipart/mixed; boundary=\"==b==\"\nMIME-Version: 1.0\n\n"
        + string.Concat(parts.Select(part => $"--==b==\nContent-Type: {part.Type}\n\n{part.Body}\n"))
        + "--==b==--\n";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionMode.Compress))
        {
            zip.Write(Bytes(text));
        }

        return zipped.ToArray();
    }
}
