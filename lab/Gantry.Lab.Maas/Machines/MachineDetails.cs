using System.Buffers.Binary;
using System.Text;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>
/// <c>op=details</c>: a BSON document of two fields, <c>lshw</c> and <c>lldp</c>, each XML as bytes, or null before commissioning.
/// </summary>
internal static class MachineDetails
{
    private const byte Binary = 0x05;
    private const byte Null = 0x0A;

    public static byte[] Of(MachineRow machine)
    {
        var body = new MemoryStream();
        Field(body, "lshw", machine.Commissioned ? Lshw(machine) : null);
        Field(body, "lldp", machine.Commissioned ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lldp/>\n" : null);
        var document = new byte[body.Length + 5];
        BinaryPrimitives.WriteInt32LittleEndian(document, document.Length);
        body.ToArray().CopyTo(document, 4);
        return document;
    }

    private static string Lshw(MachineRow machine) =>
        "<?xml version=\"1.0\" standalone=\"yes\"?>\n"
        + $"<list><node id=\"{machine.Hostname}\" class=\"system\"><node id=\"cpu\" class=\"processor\">"
        + $"<configuration><setting id=\"cores\" value=\"{machine.CpuCount}\"/></configuration></node>"
        + $"<node id=\"memory\" class=\"memory\"><size units=\"bytes\">{machine.Memory * 1024L * 1024}</size></node></node></list>\n";

    private static void Field(MemoryStream body, string name, string? text)
    {
        body.WriteByte(text is null ? Null : Binary);
        body.Write(Encoding.ASCII.GetBytes(name + "\0"));
        if (text is null)
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var head = new byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(head, bytes.Length);
        body.Write(head);
        body.Write(bytes);
    }
}
